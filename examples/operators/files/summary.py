"""Sums a column of a CSV file by country: its task's input names them."""

import csv
import json
import os
import sys

wanted = json.load(sys.stdin)["countries"]
with open(sys.argv[1], newline="") as file:
    people = {row["country"]: int(row["people"]) for row in csv.DictReader(file)}

unknown = [country for country in wanted if country not in people]
if unknown:
    raise ValueError(f"no city in {', '.join(unknown)}")

print(f"{len(people)} countries read")
with open(os.environ["NIGHTJAR_OUTPUT"], "w") as output:
    json.dump({country: people[country] for country in wanted}, output)
