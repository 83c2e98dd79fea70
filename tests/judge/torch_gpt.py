#!/usr/bin/env python3
"""Writes tests/unit/torch_gpt.h: losses of tiny GPTs that PyTorch trains in double precision, for the unit tests.

    /usr/bin/python3 tests/judge/torch_gpt.py > tests/unit/torch_gpt.h

Needs Debian's python3-torch, as torch_tables.py. Attention, norms, GELU, embedding and loss are PyTorch's own. The weights,
tokens and labels follow formulas that the test writes down again. Rotary positions, which are those of a Llama with SwiGLU
(approximate=None), are in the form of Hugging Face's transformers: pairs of halves, rows of queries and keys permuted. So are
grouped queries, in their repeat_kv, GPT-NeoX's blocks, which turn some features of a head, and GPT-J's.
"""
import math

import torch
from torch.nn import functional as F

SEQUENCES, LENGTH, STEPS = 3, 5, 5
SIZES = dict(vocab_size=11, max_position_embeddings=7, hidden_size=8, num_hidden_layers=2, num_heads=2, filter_size=20)
MODELS = [
    ("", dict(bias=True, head_bias=False, rms=False, approximate="none")),
    ("norm_type: rmsnorm, nonlinearity: gelu_new, use_projection_bias_in_attention: false, "
     "use_ffn_bias_in_attention: false, use_ffn_bias: false, use_bias_in_output: true",
     dict(bias=False, head_bias=True, rms=True, approximate="tanh")),
    ("position_embedding_type: rotary, rope_theta: 100, norm_type: rmsnorm, nonlinearity: swiglu, "
     "use_projection_bias_in_attention: false, use_ffn_bias_in_attention: false, use_ffn_bias: false",
     dict(bias=False, head_bias=False, rms=True, approximate=None, base=100)),
    ("num_kv_heads: 1, position_embedding_type: rotary, rope_theta: 100, norm_type: rmsnorm, nonlinearity: swiglu, "
     "use_projection_bias_in_attention: false, use_ffn_bias_in_attention: false, use_ffn_bias: false",
     dict(bias=False, head_bias=False, rms=True, approximate=None, base=100, kv_heads=1)),
    ("position_embedding_type: rotary, rotary_dim: 2, rope_theta: 100, use_parallel_residual: true",
     dict(bias=True, head_bias=False, rms=False, approximate="none", base=100, turned_features=2, parallel="neox")),
    ("position_embedding_type: rotary, rope_theta: 100, use_parallel_residual: true, use_untied_layer_norm: false, nonlinearity: gelu_new, "
     "use_bias_in_output: true",
     dict(bias=True, head_bias=True, rms=False, approximate="tanh", base=100, parallel="gptj")),
    ("", dict(bias=True, head_bias=False, rms=False, approximate="none", tied=True)),
    ("position_embedding_type: alibi", dict(bias=True, head_bias=False, rms=False, approximate="none", alibi=True)),
]
OPTIMIZERS = [("sgd", lambda p: torch.optim.SGD(p, 0.3)), ("adamw", lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.1))]


def shapes(bias, head_bias, rms, approximate, base, kv_heads, parallel, tied, alibi):
    """Names and shapes of the parameters, in the graph's order."""
    d, wide = SIZES["hidden_size"], SIZES["filter_size"]

    def linear(name, outputs, inputs, has_bias):
        return [(name + ".weight", (outputs, inputs))] + ([(name + ".bias", (outputs,))] if has_bias else [])

    def norm(name):
        return [(name + ".weight", (d,))] + ([] if rms else [(name + ".bias", (d,))])

    found = linear("embedding", SIZES["vocab_size"], d, False)
    found += [] if base or alibi else linear("positions", SIZES["max_position_embeddings"], d, False)
    for layer in range(SIZES["num_hidden_layers"]):
        h = f"h{layer}."
        found += norm(h + "ln_1")
        for name in ("q", "k", "v", "proj"):
            found += linear(h + name, d * kv_heads // SIZES["num_heads"] if name in "kv" else d, d, bias)
        found += ([] if parallel == "gptj" else norm(h + "ln_2")) + linear(h + "fc1", wide, d, bias)
        found += ([] if approximate else linear(h + "fc1_gate", wide, d, bias)) + linear(h + "fc2", d, wide, bias)
    return found + norm("ln_f") + ([] if tied else linear("lm_head", SIZES["vocab_size"], d, head_bias))


def values(place, shape, about):
    count = math.prod(shape)
    numbers = [about + 0.3 * math.sin(1 + 0.37 * i + 0.01 * i * i + 1.9 * place) for i in range(count)]
    return torch.tensor(numbers, dtype=torch.float64).reshape(shape).requires_grad_()


def normed(x, p, name, rms):
    weight = p[name + ".weight"]
    if rms:
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * weight
    return F.layer_norm(x, weight.shape, weight, p[name + ".bias"], 1e-5)


def of_heads(x, heads, size, grouped=1):
    """[sequences, LENGTH, features] as [sequences, heads, LENGTH, size]; of grouped queries a feature's heads stand together."""
    x = x.reshape(SEQUENCES, LENGTH, heads // grouped, size, grouped).transpose(-1, -2)
    return x.reshape(SEQUENCES, LENGTH, heads, size).transpose(1, 2)


def turned(x, base, size):
    """The first `size` features of each head by transformers' apply_rotary_pos_emb, from pairs of neighbours to halves."""
    x, rest = x[..., :size], x[..., size:]
    x = torch.cat([x[..., 0::2], x[..., 1::2]], -1)
    frequencies = base ** (-torch.arange(0, size, 2, dtype=torch.float64) / size)
    angles = torch.outer(torch.arange(LENGTH, dtype=torch.float64), frequencies)
    angles = torch.cat([angles, angles], -1).to(x.dtype)
    rotated = torch.cat([-x[..., size // 2:], x[..., :size // 2]], -1)
    return torch.cat([x * angles.cos() + rotated * angles.sin(), rest], -1)


def rotary_attention(y, p, h, mask, base, kv_heads, turned_features):
    heads, d = SIZES["num_heads"], SIZES["hidden_size"]
    size, grouped = d // heads, heads // kv_heads
    q, k, v = (F.linear(y, p[h + name + ".weight"], p.get(h + name + ".bias")) for name in ("q", "k", "v"))
    q = turned(of_heads(q, heads, size, grouped), base, turned_features or size)
    k = turned(of_heads(k, kv_heads, size), base, turned_features or size).repeat_interleave(grouped, 1)
    v = of_heads(v, kv_heads, size).repeat_interleave(grouped, 1)
    scores = (q @ k.transpose(-1, -2) / math.sqrt(size)).masked_fill(mask, -math.inf)
    made = (scores.softmax(-1) @ v).reshape(SEQUENCES, kv_heads, grouped, LENGTH, size).permute(0, 3, 1, 4, 2)
    return F.linear(made.reshape(SEQUENCES, LENGTH, d), p[h + "proj.weight"], p.get(h + "proj.bias"))


def less_distances(mask, heads):
    """What ALiBi adds to the scores of each head of each sequence. `heads`: a power of two."""
    places = torch.arange(LENGTH, dtype=torch.float64)
    slopes = 2.0 ** (-8 * torch.arange(1, heads + 1, dtype=torch.float64) / heads)
    biases = (places[None, :] - places[:, None]) * slopes[:, None, None]
    return biases.masked_fill(mask, -math.inf).repeat(SEQUENCES, 1, 1)


def feed_forward(y, p, h, approximate):
    wide = F.linear(y, p[h + "fc1.weight"], p.get(h + "fc1.bias"))
    if h + "fc1_gate.weight" in p:
        wide = F.silu(F.linear(y, p[h + "fc1_gate.weight"])) * wide
    else:
        wide = F.gelu(wide, approximate=approximate)
    return F.linear(wide, p[h + "fc2.weight"], p.get(h + "fc2.bias"))


def loss_of(p, tokens, labels, rms, approximate, base, kv_heads, turned_features, parallel, alibi=False):
    vocabulary, d, heads = SIZES["vocab_size"], SIZES["hidden_size"], SIZES["num_heads"]
    x = F.embedding(tokens, p["embedding.weight"])
    if not base and not alibi:
        x = x + p["positions.weight"][:LENGTH]
    mask = torch.ones(LENGTH, LENGTH, dtype=torch.bool).triu(1)
    added = less_distances(mask, heads).to(x.dtype) if alibi else mask
    for layer in range(SIZES["num_hidden_layers"]):
        h = f"h{layer}."
        y = normed(x, p, h + "ln_1", rms)
        if base:
            attended = rotary_attention(y, p, h, mask, base, kv_heads, turned_features)
        else:
            across = y.transpose(0, 1)
            biases = [p.get(h + name + ".bias") for name in ("q", "k", "v")]
            across, _ = F.multi_head_attention_forward(
                across, across, across, d, heads, None, None if biases[0] is None else torch.cat(biases), None, None, False, 0.0,
                p[h + "proj.weight"], p.get(h + "proj.bias"), need_weights=False, attn_mask=added,
                use_separate_proj_weight=True, q_proj_weight=p[h + "q.weight"], k_proj_weight=p[h + "k.weight"],
                v_proj_weight=p[h + "v.weight"])
            attended = across.transpose(0, 1)
        if parallel != "gptj":  # whose feed-forward reads the norm of attention
            y = normed(x if parallel else x + attended, p, h + "ln_2", rms)
        x = x + attended + feed_forward(y, p, h, approximate)
    logits = F.linear(normed(x, p, "ln_f", rms), p.get("lm_head.weight", p["embedding.weight"]), p.get("lm_head.bias"))
    return F.cross_entropy(logits.reshape(-1, vocabulary), labels.reshape(-1))


def losses(make, bias, head_bias, rms, approximate, base=None, kv_heads=SIZES["num_heads"], turned_features=None, parallel=None,
           tied=False, alibi=False):
    p = {}
    for place, (name, shape) in enumerate(shapes(bias, head_bias, rms, approximate, base, kv_heads, parallel, tied, alibi)):
        p[name] = values(place, shape, 1.0 if ".ln_" in "." + name and name.endswith(".weight") else 0.0)
    text = torch.tensor([[(7 * b + 3 * s + s * s) % SIZES["vocab_size"] for s in range(LENGTH + 1)]
                         for b in range(SEQUENCES)])
    optimizer = make(list(p.values()))
    found = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(p, text[:, :-1], text[:, 1:], rms, approximate, base, kv_heads, turned_features, parallel, alibi)
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return found


def main():
    print(f"""#pragma once
// Written by tests/judge/torch_gpt.py with PyTorch {torch.__version__}; not by hand.
#include <string>
#include <vector>

namespace weft::test {{

constexpr int torch_gpt_sequences = {SEQUENCES}, torch_gpt_length = {LENGTH};

struct TorchGpt {{
  std::string model;      ///< the section of a model file
  std::string optimizer;  ///< sgd with rate 0.3, or adamw with rate 0.01 and decay 0.1
  std::vector<double> losses;
}};

inline const std::vector<TorchGpt> torch_gpts{{""")
    sizes = ", ".join(f"{key}: {value}" for key, value in SIZES.items())
    for text, form in MODELS:
        for name, make in OPTIMIZERS:
            shared = "true" if form.get("tied") else "false"
            model = f"{{{sizes}, share_embedding_weights: {shared}{', ' if text else ''}{text}}}"
            print(f'    {{"{model}",\n     "{name}",\n     {{{", ".join(repr(x) for x in losses(make, **form))}}}}},')
    print("};\n\n}  // namespace weft::test")


if __name__ == "__main__":
    main()
