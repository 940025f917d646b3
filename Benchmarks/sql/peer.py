"""SQLGlot's side of the suite `sql`: answers the same lines as Worker.swift.

    peer.py CORPORA     `TASK CORPUS SECONDS` -> `UNITS BYTES SECONDS`; `which TASK CORPUS` -> numbers of statements
"""

import json
import logging
import os
import sys
import time

from sqlglot import parse_one, transpile
from sqlglot.lineage import lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope
from sqlglot.schema import MappingSchema

CORPORA = {}


class Corpus:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            stored = json.load(file)
        self.dialect = stored["dialect"]
        self.other = "bigquery" if self.dialect == "postgres" else "postgres"
        self.statements = stored["statements"]
        self.bytes = sum(len(text.encode()) for text in self.statements)
        tables = {table: dict(columns) for table, columns in stored["tables"].items()}
        self.schema = MappingSchema(tables, dialect=self.dialect)
        self.trees = {}


def parse(corpus, text):
    return parse_one(text, read=corpus.dialect)


def generate(corpus, text):
    if text not in corpus.trees:
        corpus.trees[text] = parse(corpus, text)
    return corpus.trees[text].sql(dialect=corpus.dialect)


def to_other(corpus, text):
    return transpile(text, read=corpus.dialect, write=corpus.other)[0]


def qualified(corpus, text):
    return qualify(parse(corpus, text), schema=corpus.schema, dialect=corpus.dialect)


def all_lineage(corpus, text):
    # Qualified once; every column then starts from the same scope.
    tree = qualified(corpus, text)
    scope = build_scope(tree)
    return [lineage(name, tree, schema=None, scope=scope, dialect=corpus.dialect) for name in tree.named_selects]


TASKS = {"parse": parse, "generate": generate, "transpile": to_other, "qualify": qualified, "lineage": all_lineage}


def which(task, corpus):
    numbers = []
    for number, text in enumerate(corpus.statements):
        try:
            task(corpus, text)
            numbers.append(number)
        except Exception:  # whatever SQLGlot throws: the statement is left out on both sides
            continue
    return numbers


def measure(task, corpus, seconds):
    for text in corpus.statements[:1] if task is not generate else corpus.statements:
        task(corpus, text)
    rounds = 0
    began = time.process_time()
    while True:
        for text in corpus.statements:
            task(corpus, text)
        rounds += 1
        elapsed = time.process_time() - began
        if elapsed >= seconds:
            return f"{rounds * len(corpus.statements)} {rounds * corpus.bytes} {elapsed}"


def main():
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    for name in os.listdir(sys.argv[1]):
        CORPORA[name.removesuffix(".json")] = Corpus(os.path.join(sys.argv[1], name))
    for line in sys.stdin:
        words = line.split()
        if words[0] == "which":
            answer = " ".join(map(str, which(TASKS[words[1]], CORPORA[words[2]])))
        else:
            answer = measure(TASKS[words[0]], CORPORA[words[1]], float(words[2]))
        print(answer, flush=True)


main()
