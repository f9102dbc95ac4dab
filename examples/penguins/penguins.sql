-- One row per penguin, with names that later steps can write without quotes.
SELECT
  Species AS species,
  Island AS island,
  lower(Sex) AS sex,
  `Beak Length (mm)` AS beak_length_mm,
  `Beak Depth (mm)` AS beak_depth_mm,
  `Beak Length (mm)` / `Beak Depth (mm)` AS beak_ratio,
  `Flipper Length (mm)` AS flipper_length_mm,
  `Body Mass (g)` AS body_mass_g
FROM measurements
