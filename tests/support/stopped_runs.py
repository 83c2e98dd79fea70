"""Trainings that are stopped and go on, beside the same in one go."""
import json

from weft_cli import report, run


class StoppedRuns:
    """Of test cases with a scratch folder `folder`, whose trainings have `steps` steps."""

    def train(self, name, model, *arguments):
        result = run("train", model, "-o", name, *arguments, cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        return report(self.folder / name)

    def end(self, name):
        return (self.folder / name / f"checkpoint_{self.steps}.mdl").read_bytes()

    def losses(self, name):
        """Of all parts of a run, in the order of steps."""
        parts = sorted((self.folder / name).glob("report_to_*.json"), key=lambda path: int(path.stem.split("_")[-1]))
        steps = [step for part in parts for step in json.loads(part.read_text())["steps"]] + report(self.folder / name)["steps"]
        return [(step["global_step"], step["loss"], (step["correct"], step.get("next_sentence"))) for step in steps]

    def check_cuts(self, name, model, cuts):
        """In one go, and resumed at the steps of each cut: the losses of the first, to which the others are equal."""
        self.train(f"{name}_whole", model)
        whole = self.losses(f"{name}_whole")
        self.assertEqual([step for step, _, _ in whole], list(range(1, self.steps + 1)))
        for cut in cuts:
            parts = f"{name}_" + "_".join(map(str, cut))
            self.train(parts, model, "--max_steps", cut[0])
            for end in cut[1:] + [self.steps]:
                self.train(parts, model, "--max_steps", end, "--resume")
            self.assertEqual(self.losses(parts), whole, f"{name}, cut at {cut}")
            self.assertEqual(self.end(parts), self.end(f"{name}_whole"), f"{name}, cut at {cut}")
        return whole
