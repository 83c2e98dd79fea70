"""A value change dump as spans: {dotted path: [(begin, end, value), ...]} in picoseconds; a value is a number or the text
of a string variable. Written for the tests, after IEEE 1364; shares nothing with tlm/trace."""


def read_spans(path):
    scopes, names, spans, open_, now, body = [], {}, {}, {}, 0, False
    for line in open(path, encoding="utf-8"):
        words = line.split()
        if not words:
            continue
        if words[0] == "$scope":
            scopes.append(words[2])
        elif words[0] == "$upscope":
            scopes.pop()
        elif words[0] == "$var":
            names[words[3]] = ".".join(scopes + [words[4]])
            spans[names[words[3]]] = []
        elif words[0] == "$enddefinitions":
            body = True
        elif body and words[0][0] == "#":
            now = int(words[0][1:])
        elif body and words[0][0] in "bs":
            name, value = names[words[1]], int(words[0][1:], 2) if words[0][0] == "b" else words[0][1:]
            if name in open_:
                begin, held = open_.pop(name)
                spans[name].append((begin, now, held))
            if value:
                open_[name] = (now, value)
    assert not open_, f"without an end: {open_}"
    return spans
