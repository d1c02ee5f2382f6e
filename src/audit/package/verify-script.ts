/** Checks an evidence package with Python 3 alone: sums, population, sample, proofs, signatures. Lies in each as `verify.py`. */
export const verifyScript = String.raw`#!/usr/bin/env python3
"""Checks this evidence with Python's standard library alone: python3 verify.py VKEY (the key you were given, not the one here)."""
import base64, csv, hashlib, json, pathlib, sys

here = pathlib.Path(__file__).resolve().parent
P = 2**255 - 19
D = -121665 * pow(121666, P - 2, P) % P
Q = 2**252 + 27742317777372353535851937790883648493


def recover(y, sign):
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - x2) % P:
        raise ValueError("not a point")
    return P - x if x & 1 != sign else x


def add(a, b):
    k = D * a[0] * b[0] * a[1] * b[1] % P
    return ((a[0] * b[1] + b[0] * a[1]) * pow(1 + k, P - 2, P) % P,
            (a[1] * b[1] + a[0] * b[0]) * pow(1 - k, P - 2, P) % P)


def times(n, a):
    r = (0, 1)
    while n:
        if n & 1:
            r = add(r, a)
        a, n = add(a, a), n >> 1
    return r


def point(b):
    y = int.from_bytes(b, "little")
    return (recover(y & (2**255 - 1), y >> 255), y & (2**255 - 1))


BASE = (recover(4 * pow(5, P - 2, P) % P, 0), 4 * pow(5, P - 2, P) % P)


def signed(key, text, signature):
    """RFC 8032 section 5.1.7."""
    s = int.from_bytes(signature[32:], "little")
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + text).digest(), "little") % Q
    return s < Q and times(s, BASE) == add(point(signature[:32]), times(h, point(key)))


def fail(why):
    print("NOT OK:", why)
    sys.exit(1)


def checkpoint(note, vkeys):
    """C2SP signed-note: the text, and a signature line of one of the keys that we trust."""
    for vkey in vkeys:
        found = signed_by(note, vkey)
        if found:
            return found
    fail("a checkpoint that this key has not signed")


def signed_by(note, vkey):
    name, _, rest = vkey.partition("+")
    _, _, material = rest.partition("+")
    material = base64.b64decode(material)
    text, _, lines = note.rpartition("\n\n")
    text += "\n"
    key_id = hashlib.sha256(name.encode() + b"\n" + material).digest()[:4]
    for line in lines.strip().split("\n"):
        _, signer, data = line.split(" ", 2)
        data = base64.b64decode(data)
        if signer == name and data[:4] == key_id and signed(material[1:], text.encode(), data[4:]):
            _, size, root = text.split("\n")[:3]
            return int(size), base64.b64decode(root)
    return None


def climb(index, size, leaf, path):
    """RFC 6962 section 2.1.1, as RFC 9162 section 2.1.3.2 walks it."""
    node, last, r = index, size - 1, leaf
    for p in path:
        if last == 0:
            fail("a proof that is too long")
        if node & 1 or node == last:
            r = hashlib.sha256(b"\1" + p + r).digest()
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            r = hashlib.sha256(b"\1" + r + p).digest()
        node, last = node >> 1, last >> 1
    return r if last == 0 else None


def grew(older, newer, path):
    """RFC 9162 section 2.1.4.2: whether the tree of the older checkpoint is the beginning of that of the newer."""
    (old, first), (size, root) = older, newer
    if old == size or old == 0:
        return not path and (old == 0 or first == root) and old <= size
    if old > size:
        return False
    path = list(path) if old & (old - 1) else [first] + list(path)
    if not path:
        return False
    node, last = old - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    a = b = path[0]
    for p in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            a, b = hashlib.sha256(b"\1" + p + a).digest(), hashlib.sha256(b"\1" + p + b).digest()
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            b = hashlib.sha256(b"\1" + b + p).digest()
        node, last = node >> 1, last >> 1
    return last == 0 and a == first and b == root


def main():
    if len(sys.argv) < 2:
        fail("name the log's key: python3 verify.py 'NAME+ID+KEY'")
    vkey = sys.argv[1:]
    for line in (here / "SHA256SUMS").read_text().splitlines():
        want, name = line.split("  ", 1)
        if hashlib.sha256((here / name).read_bytes()).hexdigest() != want:
            fail(name + " was changed")
    report = json.loads((here / "report.json").read_text())
    rows = list(csv.DictReader((here / "population.csv").open(newline="")))
    if len(rows) != report["population"]:
        fail("the population is not as long as the report says")
    exchanges = [row["record"] for row in rows if row["kind"] == "exchange"]
    rank = lambda one: hashlib.sha256((report["seed"] + "\n" + one).encode()).hexdigest()
    if sorted(exchanges, key=rank)[: len(report["samples"])] != report["samples"]:
        fail("the samples are not those that the seed draws")
    newer = checkpoint((here / "checkpoint").read_text(), vkey)
    older = checkpoint((here / "checkpoint.older").read_text(), vkey)
    head, _, note = (here / "consistency").read_text().partition("\n\n")
    lines = head.split("\n")
    if lines[0] != "old " + str(older[0]) or checkpoint(note, vkey) != newer:
        fail("the proof of consistency is of other checkpoints")
    if not grew(older, newer, [base64.b64decode(p) for p in lines[1:]]):
        fail("the log of the older checkpoint is not the beginning of the newer")
    for one in report["samples"]:
        head, _, note = (here / "samples" / (one + ".tlog-proof")).read_text().partition("\n\n")
        lines = head.split("\n")
        leaf = base64.b64decode(lines[1].split(" ", 1)[1])
        index = int(lines[2].split(" ", 1)[1])
        size, root = checkpoint(note, vkey)
        start = hashlib.sha256(b"\0" + leaf).digest()
        if climb(index, size, start, [base64.b64decode(p) for p in lines[3:]]) != root:
            fail("the proof of " + one)
        record = (here / "samples" / (one + ".record")).read_bytes()
        commit = base64.b64encode(hashlib.sha256(record).digest()).decode()
        if json.loads(leaf)["commit"] != commit or one.encode() not in record:
            fail("the record of " + one)
    print("OK: grown from", older[0], "to", newer[0], "entries,", len(rows), "in the population,", len(report["samples"]), "samples proven")


main()
`;
