SELECT city, country, people FROM cities WHERE people >= :least
