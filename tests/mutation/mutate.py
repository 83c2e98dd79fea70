#!/usr/bin/env python3
"""Small faults in the sources: does a test notice each? README.md says more.

    tests/mutation/mutate.py --scratch FOLDER [--area tile|cluster] [--count N] [--seed S] [--only FILE] [--jobs J] [--json FILE]
    tests/mutation/mutate.py --scratch FOLDER --named [WORDS]   the faults of faults.json, each by the tests that must notice it
    tests/mutation/mutate.py --list            the mutants that would be run
    tests/mutation/mutate.py --again FILE ...  those that survived in an earlier --json; the others stand as they are there
    tests/mutation/mutate.py --scratch FOLDER --switched [AREA:COUNT:SEED ...]   all mutants in one build, each behind a switch

Areas: tile is the RTL tile and the models it is held against; cluster is hw without pe and fabric, tlm and sw.
Exit code 0 when of those that compile at least 90 % (tile), 85 % (cluster) or all (--named) are killed.
"""
import argparse
import collections
import json
import math
import pathlib
import queue
import random
import sys
import threading
import time
from typing import NamedTuple

from cluster_workshop import GOLDEN, MOST_OBJECTS, ClusterWorkshop
from mutants import SKIPPED, SKIPPED_IN_BOOKS, Mutant, mutants_of, sample
from named_faults import named_faults
from operators import BOOK_OPERATORS, OPERATORS
from reach import Reach
from switched_workshop import SwitchedWorkshop, object_counts
from workshop import Workshop

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Area(NamedTuple):
    files: tuple
    but: tuple  # folders left out
    operators: tuple
    skipped: object
    workshop: object
    bar_percent: int


AREAS = {
    "tile": Area(("rtl/pe/*.sv", "rtl/common/*.sv", "rtl/array/*.sv", "hw/pe/*.cpp", "hw/fabric/stream_stage.cpp",
                  "hw/fabric/reduce_stage.cpp", "hw/fabric/receivers.cpp", "hw/fabric/ramp_runs.cpp", "hw/fabric/sum_blocks.cpp",
                  "hw/fabric/line_times.cpp", "hw/fabric/local_thread.cpp", "hw/kernels/*.cpp",
                  "hw/fabric/list_stage.cpp", "hw/fabric/list_times.cpp", "hw/fabric/round_sizes.cpp", "hw/fabric/stream_reduce.cpp",
                  "hw/fabric/ramp_spans.cpp", "hw/fabric/vector_stage.cpp",
                  "hw/fabric/attention_times.cpp", "hw/fabric/launch_windows.cpp", "hw/fabric/round_counts.cpp", "hw/fast_forward/round_repeats.cpp"),
                 (), tuple(OPERATORS), SKIPPED, Workshop, 90),
    "cluster": Area(tuple(f"{top}/**/*.{kind}" for top in ("hw", "tlm", "sw") for kind in ("cpp", "h")), ("hw/pe/", "hw/fabric/", "hw/kernels/",
                    "hw/fast_forward/round_repeats", "hw/fast_forward/fold", "hw/fast_forward/engine_state"),
                    tuple(BOOK_OPERATORS) + tuple(one for one in OPERATORS if one.name not in ("mask", "parameter")), SKIPPED_IN_BOOKS,
                    ClusterWorkshop, 85),
}


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=pathlib.Path, help="folder for copies and builds; kept, so that a second run is quick")
    parser.add_argument("--area", choices=AREAS, default="tile", help="of the sources [%(default)s]")
    parser.add_argument("--named", nargs="?", const="", metavar="WORDS", help="run the faults of faults.json, or those whose name holds WORDS")
    parser.add_argument("--count", type=int, default=240, help="mutants [%(default)s]")
    parser.add_argument("--seed", type=int, default=1, help="of the sample [%(default)s]")
    parser.add_argument("--only", metavar="FILE", help="mutants of this file alone, e.g. rtl/pe/pe_router.sv")
    parser.add_argument("--list", action="store_true", help="print the sample, run nothing")
    parser.add_argument("--again", type=pathlib.Path, metavar="JSON", help="run the survivors of an earlier run")
    parser.add_argument("--go_on", action="store_true", help="what --json holds stands; only the others of the sample are run")
    parser.add_argument("--jobs", type=int, default=1, help="scratch builds side by side [%(default)s]")
    parser.add_argument("--switched", nargs="*", metavar="AREA:COUNT:SEED",
                        help="every mutant behind a switch, in one build; of several samples, or of that of --area, --count and --seed")
    parser.add_argument("--leave_aside", action="store_true", help="--switched: what fits no switch is not judged")
    parser.add_argument("--build", type=pathlib.Path, help="cluster: the build that lends its objects [build/release]")
    parser.add_argument("--dearest", type=float, default=math.inf, metavar="SECONDS", help="cluster, --switched: tests that cost more are not asked")
    parser.add_argument("--most_objects", type=int, help=f"cluster: a header that more of --build hold is left out [{MOST_OBJECTS}; --switched: any number]")
    parser.add_argument("--reached", type=pathlib.Path, nargs=2, metavar=("BUILD", "FOLDER"),
                        help="cluster: of coverage.py BUILD --by_test FOLDER; a test that cannot run the changed line is not asked")
    parser.add_argument("--alone", action="store_true",
                        help="cluster: of a unity build, the changed source only by itself: quick, but some that survive die --again without")
    parser.add_argument("--threads", type=int, default=2, help="compilers per scratch build [%(default)s]")
    parser.add_argument("--seconds", type=float, default=60, help="a detector that takes longer hangs [%(default)s]")
    parser.add_argument("--json", type=pathlib.Path, help="write the outcome of each mutant here, as it comes")
    return parser.parse_args()


def paths(area="tile"):
    chosen = {path.relative_to(ROOT).as_posix() for glob in AREAS[area].files for path in ROOT.glob(glob)}
    return sorted(path for path in chosen if not path.startswith(AREAS[area].but))


def mutants_in(area, path):
    return mutants_of(path, (ROOT / path).read_text(encoding="utf-8"), AREAS[area].operators, AREAS[area].skipped)


def choose(options):
    """Outcomes of an earlier run that stand, and the mutants to run."""
    if options.named is not None:
        return [], [fault for fault in named_faults(ROOT) if options.named in fault.operator]
    if options.again:
        earlier = outcomes_in(options.again)
        return ([outcome for outcome in earlier if outcome[1] != "survived"],
                [mutant for mutant, outcome, _ in earlier if outcome == "survived"])
    chosen = chosen_of(options)
    judged = [one for one in (outcomes_in(options.json) if options.go_on and options.json.exists() else []) if one[1] != "put aside"]
    known = {mutant for mutant, _, _ in judged}
    return judged, [mutant for mutant in chosen if mutant not in known]


def chosen_of(options):
    """The whole sample, or samples, in the order in which they are judged."""
    samples = [one.split(":") for one in options.switched or ()] or [(options.area, options.count, options.seed)]
    chosen = []
    for area, count, seed in samples:
        files = paths(area)
        if options.only and options.only not in files:
            sys.exit(f"--only {options.only}: none of\n  " + "\n  ".join(files))
        everything = [mutant for path in ([options.only] if options.only else files) for mutant in mutants_in(area, path)]
        one = sample(everything, int(count), int(seed))
        random.Random(int(seed)).shuffle(one)  # a run that is stopped has judged a sample, too
        chosen += one
    return chosen


def outcomes_in(path):
    return [(Mutant(**{field: one[field] for field in Mutant._fields}), one["outcome"], one["by"])
            for one in json.loads(path.read_text(encoding="utf-8"))["mutants"]]


def describe(mutant):
    return f"{mutant.path}:{mutant.line}: {mutant.operator}\n  - {mutant.before.strip()}\n  + {mutant.after.strip()}"


def report(outcomes):
    """The table's text, and the score in percent."""
    count = collections.Counter(outcome for _, outcome, _ in outcomes)
    ran = count["killed"] + count["survived"]
    score = 100 * count["killed"] / ran if ran else 0.0
    lines = [f"{'':<30} {'mutants':>7} {'no build':>8} {'killed':>6} {'survived':>8}"]
    for title, key in (("file", lambda mutant: mutant.path), ("operator", lambda mutant: mutant.operator)):
        lines.append(title)
        rows = collections.defaultdict(collections.Counter)
        for mutant, outcome, _ in outcomes:
            rows[key(mutant)][outcome] += 1
        for name, row in sorted(rows.items()):
            lines.append(f"  {name:<28} {sum(row.values()):>7} {row['no build']:>8} {row['killed']:>6} {row['survived']:>8}")
    lines.append("killed by")
    for by, number in collections.Counter(by for _, outcome, by in outcomes if outcome == "killed").most_common():
        lines.append(f"  {by:<28} {number:>23}")
    golden = sum(outcome == "killed" and by.startswith(GOLDEN) for _, outcome, by in outcomes)
    if golden:
        lines.append(f"  by nothing but the golden reports {golden:>18}")
    lines += [describe(mutant) + (f"\n  {by}" if by else "") for mutant, outcome, by in outcomes if outcome == "survived"]
    aside = len(outcomes) - ran - count["no build"]
    lines.append(f"{len(outcomes)} generated, {count['no build']} do not compile, {f'{aside} not judged, ' if aside else ''}"
                 f"{count['killed']} killed, {count['survived']} survived: {score:.1f} %")
    return "\n".join(lines), score


def write_json(path, outcomes):
    mutants = [{**mutant._asdict(), "outcome": outcome, "by": by} for mutant, outcome, by in outcomes]
    path.write_text(json.dumps({"schema": "weft-mutation-1", "mutants": mutants}, indent=1) + "\n", encoding="utf-8")


def run(options, earlier, mutants):
    """Judges all; the outcomes in the order of the sample, whatever the number of jobs, behind the earlier ones."""
    waiting, outcomes, lock = queue.SimpleQueue(), {}, threading.Lock()
    for number in range(len(mutants)):
        waiting.put(number)
    errors = []
    folder = options.scratch.resolve()
    if options.switched is not None:
        of_build = SwitchedWorkshop(ROOT, folder, chosen_of(options), options.threads, options.dearest, options.leave_aside)
        if options.most_objects:
            of_build.sources.leave_out(object_counts((options.build or ROOT / "build" / "release").resolve()), options.most_objects)
        of_build.prepare()
        mutants.sort(key=of_build.built_last)
    kind = AREAS["cluster" if options.named is not None else options.area].workshop
    if options.switched is None and kind is ClusterWorkshop:
        reach = Reach(ROOT, *(path.resolve() for path in options.reached)) if options.reached else None
        of_build = ClusterWorkshop(ROOT, folder, options.build and options.build.resolve(), options.dearest, options.most_objects or MOST_OBJECTS,
                                   reach, options.alone)
        of_build.prepare()

    def workshops(job):
        if options.switched is not None or kind is ClusterWorkshop:
            return of_build.beside(folder / str(job))
        own = kind(ROOT, folder / str(job), options.threads, options.seconds)
        own.prepare()
        return own

    def work(job):
        try:
            workshop = workshops(job)
            while not errors:
                number = waiting.get_nowait()
                began = time.monotonic()
                outcome = workshop.judge(mutants[number])
                with lock:
                    outcomes[number] = (mutants[number], *outcome)
                    print(f"[{len(outcomes)}/{len(mutants)}] {mutants[number].path}:{mutants[number].line} "
                          f"{mutants[number].operator}: {' '.join(outcome)} ({time.monotonic() - began:.1f} s)", flush=True)
                    if options.json:
                        write_json(options.json, earlier + [outcomes[at] for at in sorted(outcomes)])
        except queue.Empty:
            pass
        except SystemExit as error:
            errors.append(str(error))

    threads = [threading.Thread(target=work, args=(job,)) for job in range(options.jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        sys.exit(errors[0])
    return earlier + [outcomes[at] for at in sorted(outcomes)]


def main():
    options = parse()
    earlier, mutants = choose(options)
    if options.list:
        print("\n".join(map(describe, mutants)))
        return
    if not options.scratch:
        sys.exit("--scratch FOLDER: where to build")
    outcomes, reached = run(options, earlier, mutants), []
    for area in sorted({one.split(":")[0] for one in options.switched or ()}) or [options.area]:
        own = set(paths(area)) if options.switched else {mutant.path for mutant, _, _ in outcomes}
        text, score = report([outcome for outcome in outcomes if outcome[0].path in own])
        print(text)
        reached.append(score >= (100 if options.named is not None else AREAS[area].bar_percent))
    sys.exit(0 if all(reached) else 1)


if __name__ == "__main__":
    main()
