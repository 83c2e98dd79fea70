#!/usr/bin/env python3
"""How well the character before tells the next one, as a loss in nats: what a model without a context can reach.

    /usr/bin/python3 tests/judge/bigram_entropy.py data/text/fortunes.txt [share held out: 0.1]

The first line is of the training part alone, its own counts. The second is what these counts, each one more, give for the
part that is held out: a loss that a trained model's on the same part can be compared with.
"""
import collections
import math
import pathlib
import sys


def main():
    text = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
    held_out = float(sys.argv[2]) if len(sys.argv) > 2 else 0.1
    train = text[:round(len(text) * (1 - held_out))]
    rest = text[len(train):]
    pairs, firsts = collections.Counter(zip(train, train[1:])), collections.Counter(train[:-1])
    entropy = -sum(count * math.log(count / firsts[pair[0]]) for pair, count in pairs.items()) / (len(train) - 1)
    characters = len(set(text))
    loss = -sum(math.log((pairs[pair] + 1) / (firsts[pair[0]] + characters)) for pair in zip(rest, rest[1:])) / (len(rest) - 1)
    print(f"{characters} characters; bigram entropy of the training part {entropy:.4f}, perplexity {math.exp(entropy):.2f}")
    print(f"bigram loss of the part held out {loss:.4f}, perplexity {math.exp(loss):.2f}")


if __name__ == "__main__":
    main()
