"""Throws darts at a square and counts those that hit the circle in it: part of ../python-tasks.yaml."""

import json
import os
import random
import sys

given = json.load(sys.stdin)
player = random.Random(given["seed"])
hits = sum(player.random() ** 2 + player.random() ** 2 <= 1 for _ in range(given["throws"]))
print(f"player {given['seed']} hit {hits} times")
with open(os.environ["NIGHTJAR_OUTPUT"], "w") as output:
    json.dump({"hits": hits, "throws": given["throws"]}, output)
