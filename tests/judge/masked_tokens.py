"""Which tokens of a sequence BERT is to predict, told without Weft's sources (hw/input/token_masking.h says the rule)."""

M64 = (1 << 64) - 1
GAMMA = 0x9E3779B97F4A7C15


def split_mix(state):
    """SplitMix64's output function (Steele, Lea, Flood 2014)."""
    state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & M64
    state = (state ^ state >> 27) * 0x94D049BB133111EB & M64
    return state ^ state >> 31


class Pairs:
    """Two sentences of a sample: the begin of its part of a text, and the rest of it or, in half of the samples, another part's."""

    def __init__(self, classify, separator, seed):
        self.classify, self.separator, self.seed = classify, separator, seed

    def drawn(self, train, sample, length, parts, epoch=0):
        """Tokens of the first, the part that the second is the end of, and the label: 0, it follows."""
        state = split_mix(self.seed + 2 * GAMMA & M64)
        state = split_mix(state + 2 * epoch + (0 if train else 1) & M64)
        state = split_mix(state + sample & M64)
        numbers = []
        for bound in (length - 1, 2, parts - 1):
            state = state + GAMMA & M64
            numbers.append(split_mix(state) * bound >> 64)
        first, label, other = numbers
        return 1 + first, sample if label == 0 else other + (other >= sample), label

    def apply(self, masking, train, sample, parts):
        """Tokens to be shown, labels, segments and the pair's label, of parts [tokens]."""
        length = len(parts[sample])
        first, second, label = self.drawn(train, sample, length, len(parts))
        shown, labels = masking.apply(train, sample, [int(token) for token in (*parts[sample][:first], *parts[second][first:])])

        def about(row, classify, separator):
            return [classify, *row[:first], separator, *row[first:], separator]

        return (about(shown, self.classify, self.separator), about(labels, -100, -100),
                [0] * (first + 2) + [1] * (length - first + 1), label)


class Masking:
    """Of each sequence a share is predicted: 8 of 10 shown as the mask, 1 as any word, 1 as it is."""

    def __init__(self, share, most, words, seed):
        self.share, self.most, self.words, self.seed = share, most, words, seed

    def apply(self, train, sample, tokens, epoch=0):
        """Tokens to be shown, and labels, -100 where there is none."""
        state = split_mix(self.seed + GAMMA & M64)
        state = split_mix(state + 2 * epoch + (0 if train else 1) & M64)
        state = split_mix(state + sample & M64)

        def below(bound):
            nonlocal state
            state = state + GAMMA & M64
            return split_mix(state) * bound >> 64

        count = min(max(1, round(self.share * len(tokens))), self.most or len(tokens))
        shown, labels, places = list(tokens), [-100] * len(tokens), list(range(len(tokens)))
        for i in range(count):
            other = i + below(len(tokens) - i)
            places[i], places[other] = places[other], places[i]
            at, of_ten, word = places[i], below(10), below(self.words)
            labels[at] = tokens[at]
            shown[at] = self.words if of_ten < 8 else word if of_ten == 9 else tokens[at]
        return shown, labels
