#!/usr/bin/env python3
"""Question: has a model that is exported the loss in Hugging Face's own formulas that `weft eval` says, and do its weights come
back as they went? The formulas are those of transformers' modeling_*.py, written here with numpy on the files alone."""
import json
import pathlib
import struct
import sys
import tempfile
import unittest

import h5py
import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "judge"))
from masked_tokens import Masking, Pairs
from weft_cli import report, run

LENGTH, BATCH = 12, 8
COMMON = {"vocab_size": 40, "tie_word_embeddings": False}
MODELS = {
    "gpt2": {"n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 14, "embd_pdrop": 0, "resid_pdrop": 0, "attn_pdrop": 0,
             "tie_word_embeddings": True},
    "llama": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 8, "num_key_value_heads": 2, "intermediate_size": 48,
              "max_position_embeddings": 14, "attention_bias": True, "rope_theta": 100.0},
    "gpt_neox": {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48, "rotary_pct": 0.5,
                 "max_position_embeddings": 14},
    "gptj": {"n_embd": 16, "n_layer": 2, "n_head": 2, "rotary_dim": 4, "n_positions": 14},
    "bert": {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48,
             "max_position_embeddings": 14, "hidden_dropout_prob": 0, "attention_probs_dropout_prob": 0},
}
SETTINGS = ["train_input.data_dir=text", f"train_input.batch_size={BATCH}", f"train_input.max_sequence_length={LENGTH}",
            "optimizer.optimizer_type=adam", "optimizer.learning_rate=0.01", "runconfig.max_steps=12", "runconfig.num_epochs=null",
            "model.initializer_range=0.2"]
FLAGS = [word for setting in SETTINGS for word in ("--set", setting)]


def read_safetensors(path):
    data = path.read_bytes()
    size, = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + size])
    return {name: numpy.frombuffer(data, "<f4", offset=8 + size + entry["data_offsets"][0],
                                   count=int(numpy.prod(entry["shape"]))).reshape(entry["shape"]).astype(float)
            for name, entry in header.items() if name != "__metadata__"}


def linear(x, p, name):
    made = x @ p[name + ".weight"].T
    return made + p[name + ".bias"] if name + ".bias" in p else made


def conv1d(x, p, name):
    return x @ p[name + ".weight"] + p[name + ".bias"]


def layer_norm(x, p, name, eps):
    centred = x - x.mean(-1, keepdims=True)
    return centred / numpy.sqrt((centred ** 2).mean(-1, keepdims=True) + eps) * p[name + ".weight"] + p[name + ".bias"]


def rms_norm(x, p, name, eps):
    return x / numpy.sqrt((x ** 2).mean(-1, keepdims=True) + eps) * p[name + ".weight"]


def gelu_new(x):
    return 0.5 * x * (1 + numpy.tanh(numpy.sqrt(2 / numpy.pi) * (x + 0.044715 * x ** 3)))


def gelu(x):
    from math import erf
    return 0.5 * x * (1 + numpy.vectorize(erf)(x / numpy.sqrt(2)))


def silu(x):
    return x / (1 + numpy.exp(-x))


def angles(size, base):
    return numpy.outer(numpy.arange(LENGTH), base ** (-numpy.arange(0, size, 2) / size))


def rotate_half(x, size, base):
    a = numpy.concatenate([angles(size, base)] * 2, -1)
    turned, rest = x[..., :size], x[..., size:]
    other = numpy.concatenate([-turned[..., size // 2:], turned[..., :size // 2]], -1)
    return numpy.concatenate([turned * numpy.cos(a) + other * numpy.sin(a), rest], -1)


def rotate_every_two(x, size, base):
    a = numpy.repeat(angles(size, base), 2, -1)
    turned, rest = x[..., :size], x[..., size:]
    other = numpy.stack([-turned[..., 1::2], turned[..., ::2]], -1).reshape(turned.shape)
    return numpy.concatenate([turned * numpy.cos(a) + other * numpy.sin(a), rest], -1)


def attend(q, k, v, causal=True):
    """[sequences, heads, LENGTH, size]; repeat_kv where there are fewer heads of keys."""
    k, v = (numpy.repeat(x, q.shape[1] // x.shape[1], axis=1) for x in (k, v))
    scores = q @ k.swapaxes(-1, -2) / numpy.sqrt(q.shape[-1])
    if causal:
        scores = numpy.where(numpy.tril(numpy.ones((LENGTH, LENGTH), bool)), scores, -numpy.inf)
    weights = numpy.exp(scores - scores.max(-1, keepdims=True))
    made = (weights / weights.sum(-1, keepdims=True)) @ v
    return made.swapaxes(1, 2).reshape(made.shape[0], LENGTH, -1)


def heads(x, count):
    return x.reshape(x.shape[0], LENGTH, count, -1).swapaxes(1, 2)


def gpt2(p, c, ids):
    x = p["transformer.wte.weight"][ids] + p["transformer.wpe.weight"][:LENGTH]
    for layer in range(c["n_layer"]):
        h = f"transformer.h.{layer}."
        q, k, v = numpy.split(conv1d(layer_norm(x, p, h + "ln_1", c["layer_norm_epsilon"]), p, h + "attn.c_attn"), 3, -1)
        x = x + conv1d(attend(*(heads(y, c["n_head"]) for y in (q, k, v))), p, h + "attn.c_proj")
        y = gelu_new(conv1d(layer_norm(x, p, h + "ln_2", c["layer_norm_epsilon"]), p, h + "mlp.c_fc"))
        x = x + conv1d(y, p, h + "mlp.c_proj")
    return linear(layer_norm(x, p, "transformer.ln_f", c["layer_norm_epsilon"]), p,
                  "transformer.wte" if c["tie_word_embeddings"] else "lm_head")


def gptj(p, c, ids):
    x = p["transformer.wte.weight"][ids]
    for layer in range(c["n_layer"]):
        h = f"transformer.h.{layer}."
        y = layer_norm(x, p, h + "ln_1", c["layer_norm_epsilon"])
        q, k, v = (heads(linear(y, p, h + f"attn.{name}_proj"), c["n_head"]) for name in "qkv")
        q, k = (rotate_every_two(z, c["rotary_dim"], 10000) for z in (q, k))
        fed = linear(gelu_new(linear(y, p, h + "mlp.fc_in")), p, h + "mlp.fc_out")
        x = linear(attend(q, k, v), p, h + "attn.out_proj") + fed + x
    return linear(layer_norm(x, p, "transformer.ln_f", c["layer_norm_epsilon"]), p, "lm_head")


def gpt_neox(p, c, ids):
    x, size = p["gpt_neox.embed_in.weight"][ids], c["hidden_size"] // c["num_attention_heads"]
    for layer in range(c["num_hidden_layers"]):
        h = f"gpt_neox.layers.{layer}."
        joined = linear(layer_norm(x, p, h + "input_layernorm", c["layer_norm_eps"]), p, h + "attention.query_key_value")
        q, k, v = numpy.split(joined.reshape(len(ids), LENGTH, -1, 3 * size).swapaxes(1, 2), 3, -1)
        q, k = (rotate_half(z, int(size * c["rotary_pct"]), c["rotary_emb_base"]) for z in (q, k))
        y = gelu(linear(layer_norm(x, p, h + "post_attention_layernorm", c["layer_norm_eps"]), p, h + "mlp.dense_h_to_4h"))
        x = linear(y, p, h + "mlp.dense_4h_to_h") + linear(attend(q, k, v), p, h + "attention.dense") + x
    return linear(layer_norm(x, p, "gpt_neox.final_layer_norm", c["layer_norm_eps"]), p, "embed_out")


def llama(p, c, ids):
    x, size = p["model.embed_tokens.weight"][ids], c["hidden_size"] // c["num_attention_heads"]
    for layer in range(c["num_hidden_layers"]):
        h = f"model.layers.{layer}."
        y = rms_norm(x, p, h + "input_layernorm", c["rms_norm_eps"])
        q, k, v = (linear(y, p, h + f"self_attn.{name}_proj") for name in "qkv")
        q, k, v = heads(q, c["num_attention_heads"]), heads(k, c["num_key_value_heads"]), heads(v, c["num_key_value_heads"])
        q, k = (rotate_half(z, size, c["rope_theta"]) for z in (q, k))
        x = x + linear(attend(q, k, v), p, h + "self_attn.o_proj")
        y = rms_norm(x, p, h + "post_attention_layernorm", c["rms_norm_eps"])
        x = x + linear(silu(linear(y, p, h + "mlp.gate_proj")) * linear(y, p, h + "mlp.up_proj"), p, h + "mlp.down_proj")
    return linear(rms_norm(x, p, "model.norm", c["rms_norm_eps"]), p, "lm_head")


def bert_encoder(p, c, ids, segments=0):
    e, eps = "bert.embeddings.", c["layer_norm_eps"]
    x = (p[e + "word_embeddings.weight"][ids] + p[e + "token_type_embeddings.weight"][segments]
         + p[e + "position_embeddings.weight"][:LENGTH])
    x = layer_norm(x, p, e + "LayerNorm", eps)
    for layer in range(c["num_hidden_layers"]):
        h = f"bert.encoder.layer.{layer}."
        q, k, v = (heads(linear(x, p, h + f"attention.self.{name}"), c["num_attention_heads"]) for name in ("query", "key", "value"))
        x = layer_norm(linear(attend(q, k, v, causal=False), p, h + "attention.output.dense") + x, p, h + "attention.output.LayerNorm", eps)
        y = gelu(linear(x, p, h + "intermediate.dense"))
        x = layer_norm(linear(y, p, h + "output.dense") + x, p, h + "output.LayerNorm", eps)
    return x


def next_sentence(p, x):
    """BertForPreTraining: of the first token's vector."""
    return linear(numpy.tanh(linear(x[:, 0], p, "bert.pooler.dense")), p, "cls.seq_relationship")


def bert(p, c, ids, segments=0):
    x = bert_encoder(p, c, ids, segments)
    x = layer_norm(gelu(linear(x, p, "cls.predictions.transform.dense")), p, "cls.predictions.transform.LayerNorm", c["layer_norm_eps"])
    return x @ p["cls.predictions.decoder.weight"].T + p["cls.predictions.bias"]


FORMULAS = {"gpt2": gpt2, "gptj": gptj, "gpt_neox": gpt_neox, "llama": llama, "bert": bert}


class Exports(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = pathlib.Path(cls.temporary.name)
        (cls.folder / "text").mkdir()
        words = ["weft", "warp", "loom", "shuttle", "thread", "the", "of", "and"]
        cls.text = " ".join(words[index * index % 7 + index % 2] for index in range(400))
        (cls.folder / "text/a.txt").write_text(cls.text)
        for name, keys in MODELS.items():
            (cls.folder / name).mkdir()
            (cls.folder / name / "config.json").write_text(json.dumps({"model_type": name, **COMMON, **keys}))
            cls.call("train", f"{name}/config.json", "-o", f"run_{name}", *FLAGS)
            cls.call("export", f"run_{name}", "-o", f"out_{name}/model.safetensors")

    @classmethod
    def call(cls, *arguments, code=0):
        result = run(*arguments, cwd=cls.folder)
        assert result.returncode == code, result.stderr
        return result

    def held_out(self, name, weights, where):
        """weft's mean loss of the evaluation's sequences, and theirs by the formulas."""
        self.call("eval", f"{name}/config.json", "-o", where, *weights, *FLAGS)
        steps = [step for step in report(self.folder / where)["steps"] if not step["train"]]
        ids = {c: place for place, c in enumerate(json.loads((self.folder / f"run_{name}/vocabulary.json").read_text())["characters"])}
        row = numpy.array([ids[c] for c in self.text])
        count = (len(row) - 1) // LENGTH
        first = count - max(1, int(0.1 * count + 0.5))
        sequences = numpy.array([row[at * LENGTH:(at + 1) * LENGTH + 1] for at in range(first, first + BATCH)])
        shown, labels = sequences[:, :-1], sequences[:, 1:]
        if name == "bert":
            masking = Masking(0.15, 0, len(ids), 1)
            masked = [masking.apply(False, place, list(map(int, tokens))) for place, tokens in enumerate(shown)]
            shown, labels = (numpy.array(part) for part in zip(*masked, strict=True))
        config = json.loads((self.folder / f"out_{name}/config.json").read_text())
        logits = FORMULAS[name](read_safetensors(self.folder / f"out_{name}/model.safetensors"), config, shown)
        logits -= logits.max(-1, keepdims=True)
        logs = logits - numpy.log(numpy.exp(logits).sum(-1, keepdims=True))
        theirs = -numpy.take_along_axis(logs, numpy.maximum(labels, 0)[..., None], -1)[..., 0][labels >= 0].mean()
        return steps[0]["loss"], theirs

    def test_the_loss_of_an_exported_model_is_the_one_that_weft_says(self):
        for name in MODELS:
            with self.subTest(name):
                ours, theirs = self.held_out(name, ["--checkpoint_path", f"run_{name}"], f"eval_{name}")
                print(f"{name}: {ours:.5f}, by the formulas {theirs:.5f}")
                self.assertLess(abs(ours - theirs), 0.001)

    def test_weights_come_back_and_go_out_again_the_same(self):
        for name in MODELS:
            with self.subTest(name):
                (self.folder / f"out_{name}/vocabulary.json").exists() or self.fail("no vocabulary beside the weights")
                weights = f"out_{name}/model.safetensors"
                self.call("train", f"{name}/config.json", "-o", f"again_{name}", "--checkpoint_path", weights, *FLAGS, "--max_steps",
                          "1", "--set", "runconfig.save_initial_checkpoint=true")
                trained = max((self.folder / f"run_{name}").glob("checkpoint_*.mdl"))
                with h5py.File(trained) as was, h5py.File(self.folder / f"again_{name}/checkpoint_0.mdl") as now:
                    names = [key for key in was if key.startswith("model.")]
                    self.assertEqual(names, [key for key in now if key.startswith("model.")])
                    for key in names:
                        self.assertTrue((was[key][()] == now[key][()]).all(), key)
                self.call("export", f"again_{name}/checkpoint_0.mdl", "-o", f"twice_{name}/model.safetensors")
                for file in ("model.safetensors", "config.json"):
                    self.assertEqual((self.folder / f"out_{name}" / file).read_bytes(),
                                     (self.folder / f"twice_{name}" / file).read_bytes())

    def test_segments_of_an_exported_bert(self):
        """Of sequences whose two segments change at a place of their own, each token predicted as it stands."""
        draw = numpy.random.default_rng(3)
        ids, segments = draw.integers(0, 40, (BATCH, LENGTH)), numpy.arange(LENGTH) >= draw.integers(1, LENGTH, (BATCH, 1))
        (self.folder / "segments").mkdir()
        with h5py.File(self.folder / "segments/a.h5", "w") as file:
            file["data"] = numpy.stack([ids, numpy.ones_like(ids), (ids + segments) % 40, segments], axis=1).astype(numpy.int32)
        flags = [*FLAGS, *(word for key in ("train_input.data_processor=hdf5", "train_input.data_dir=segments", "train_input.tokenizer=null",
                                            "train_input.masked_lm_prob=null", "train_input.shuffle=false") for word in ("--set", key))]
        self.call("train", "bert/config.json", "-o", "run_segments", *flags, "--max_steps", "4")
        self.call("export", "run_segments", "-o", "out_segments/model.safetensors")
        self.call("eval", "bert/config.json", "-o", "eval_segments", "--checkpoint_path", "out_segments/model.safetensors", *flags)
        ours = report(self.folder / "eval_segments")["steps"][0]["loss"]
        p, c = (read(self.folder / "out_segments" / name) for read, name in
                ((read_safetensors, "model.safetensors"), (lambda path: json.loads(path.read_text()), "config.json")))
        self.assertEqual(c["type_vocab_size"], 2)

        def loss(of):
            logits = bert(p, c, ids, of)
            logs = logits - numpy.log(numpy.exp(logits).sum(-1, keepdims=True))
            return -numpy.take_along_axis(logs, ((ids + segments) % 40)[..., None], -1).mean()

        print(f"segments: {ours:.5f}, by the formulas {loss(segments.astype(int)):.5f}, were all of segment 0 {loss(0):.5f}")
        self.assertLess(abs(ours - loss(segments.astype(int))), 0.001)
        self.assertGreater(abs(ours - loss(0)), 0.01)

    def test_sentences_of_an_exported_bert(self):
        """Both losses of held out pairs by the formulas; its weights come back and go out again the same."""
        (self.folder / "pairs").mkdir()
        keys = {"model_type": "bert", "architectures": ["BertForPreTraining"], **COMMON, **MODELS["bert"]}
        (self.folder / "pairs/config.json").write_text(json.dumps(keys))
        self.call("train", "pairs/config.json", "-o", "run_pairs", *FLAGS)
        self.call("export", "run_pairs", "-o", "out_pairs/model.safetensors")
        self.call("eval", "pairs/config.json", "-o", "eval_pairs", "--checkpoint_path", "out_pairs/model.safetensors", *FLAGS)
        step = report(self.folder / "eval_pairs")["steps"][0]
        config = json.loads((self.folder / "out_pairs/config.json").read_text())
        self.assertEqual(config["architectures"], ["BertForPreTraining"])
        ids = {c: place for place, c in enumerate(json.loads((self.folder / "run_pairs/vocabulary.json").read_text())["characters"])}
        row, body = [ids[c] for c in self.text], LENGTH - 3
        count = (len(row) - 1) // body
        parts = [row[at * body:(at + 1) * body] for at in range(count - max(1, int(0.1 * count + 0.5)), count)]
        pairs, masking = Pairs(len(ids) + 1, len(ids) + 2, 1), Masking(0.15, 0, len(ids), 1)
        shown, labels, segments, follows = (
            numpy.array(part) for part in zip(*(pairs.apply(masking, False, place, parts) for place in range(step["samples"])), strict=True))
        p = read_safetensors(self.folder / "out_pairs/model.safetensors")

        def losses(logits, labels):
            logs = logits - numpy.log(numpy.exp(logits).sum(-1, keepdims=True))
            return -numpy.take_along_axis(logs, numpy.maximum(labels, 0)[..., None], -1)[..., 0][labels >= 0]

        theirs = losses(bert(p, config, shown, segments), labels).mean()
        logits = next_sentence(p, bert_encoder(p, config, shown, segments))
        second = losses(logits, follows).mean()
        print(f"two losses: {step['loss']:.5f} and {step['next_sentence']['loss']:.5f}, by the formulas {theirs:.5f} and {second:.5f}")
        self.assertLess(abs(step["loss"] - theirs), 0.001)
        self.assertLess(abs(step["next_sentence"]["loss"] - second), 0.001)
        self.assertEqual(step["next_sentence"]["correct"], int((logits.argmax(-1) == follows).sum()))
        self.call("train", "pairs/config.json", "-o", "again_pairs", "--checkpoint_path", "out_pairs/model.safetensors", *FLAGS,
                  "--max_steps", "1", "--set", "runconfig.save_initial_checkpoint=true")
        self.call("export", "again_pairs/checkpoint_0.mdl", "-o", "twice_pairs/model.safetensors")
        for file in ("model.safetensors", "config.json"):
            self.assertEqual((self.folder / "out_pairs" / file).read_bytes(), (self.folder / "twice_pairs" / file).read_bytes())

    def test_weights_of_another_model_are_refused(self):
        result = self.call("train", "llama/config.json", "-o", "wrong", "--checkpoint_path", "out_gpt_neox/model.safetensors", *FLAGS,
                           code=2)
        self.assertIn("holds no model.embed_tokens.weight", result.stderr)
        self.assertRegex(result.stderr, r"and \d+ more")

    def test_an_export_says_what_it_cannot(self):
        self.assertIn("must end in .safetensors", self.call("export", "run_llama", "-o", "a.bin", code=2).stderr)
        (self.folder / "other").mkdir()
        (self.folder / "other/config.json").write_text("{}")
        self.assertIn("is there already, and of another model",
                      self.call("export", "run_llama", "-o", "other/model.safetensors", code=2).stderr)
        self.assertEqual([path.name for path in (self.folder / "other").iterdir()], ["config.json"])


if __name__ == "__main__":
    unittest.main()
