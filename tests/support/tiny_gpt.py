"""A GPT, and a BERT, of one layer that 8 x 8 PEs train in seconds."""
import pathlib
import tempfile
import unittest

from weft_cli import report, run

HEADS, LENGTH, BATCH, STEPS = 2, 4, 2, 3
MODEL = f"""train_input: {{data_processor: text, data_dir: text, tokenizer: characters, max_sequence_length: {LENGTH}, batch_size: {BATCH}, shuffle_seed: 1}}
model: {{model_name: gpt2, name: tiny_gpt, vocab_size: 128, max_position_embeddings: {LENGTH}, hidden_size: 8, num_hidden_layers: 1, num_heads: {HEADS},
        filter_size: 16, nonlinearity: gelu, position_embedding_type: learned, share_embedding_weights: false, mixed_precision: true}}
optimizer: {{optimizer_type: adam, learning_rate: 0.003}}
runconfig: {{max_steps: {STEPS}, lanes: 1}}
"""
MACHINE = [word for key in ("width", "height", "user_width", "user_height") for word in ("--machine_set", f"fabric.{key}=8")]


class TinyGpt(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        (cls.folder / "text").mkdir()
        (cls.folder / "text/a.txt").write_text("the quick brown fox jumps over the lazy dog\n" * 9)
        (cls.folder / "gpt.yaml").write_text(MODEL)
        (cls.folder / "bert.yaml").write_text(MODEL.replace("model_name: gpt2", "model_name: bert, disable_nsp: true"))

    def train(self, name, *arguments, model="gpt"):
        return run("train", f"{model}.yaml", "--machine", "mini", *MACHINE, "-o", name, *arguments, cwd=self.folder)

    def outcome(self, name, *arguments, model="gpt"):
        """The report, and the weights at the end."""
        result = self.train(name, *arguments, model=model)
        self.assertEqual(result.returncode, 0, result.stderr)
        folder = self.folder / name
        return report(folder), (folder / f"checkpoint_{STEPS}.mdl").read_bytes()

    def assert_same_training(self, one, other):
        """Outcomes: to the bit and the cycle."""
        self.assertEqual([step["loss"] for step in one[0]["steps"]], [step["loss"] for step in other[0]["steps"]])
        self.assertEqual(one[0]["launches"], other[0]["launches"])
        self.assertEqual(one[1], other[1])


def attends(launch):
    return launch["kernel"].startswith(("attention_", "score_"))
