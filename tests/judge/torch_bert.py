"""BERT's loss, told without Weft's sources: PyTorch's own attention, norms, GELU and cross entropy."""
import torch
from torch.nn import functional as F

def losses_of(p, tokens, labels, heads, layers, vocabulary, form, segments=None, follows=None, epsilon=1e-5):
    """[sequences, length] ids; post-norm blocks, attention to both sides; the mean over tokens that have a label, and, where it is
    said which second sentences follow, the mean of that loss, of each first token, through a tanh."""
    def linear(x, name):
        return F.linear(x, p[name + ".weight"], p[name + ".bias"])

    def norm(x, name):
        return F.layer_norm(x, p[name + ".weight"].shape, p[name + ".weight"], p[name + ".bias"], epsilon)

    x = F.embedding(tokens, p["embedding.weight"]) + p["positions.weight"][:tokens.shape[1]]
    if "segments.weight" in p:
        x = x + F.embedding(torch.zeros_like(tokens) if segments is None else segments, p["segments.weight"])
    x = norm(x, "ln_embedding")
    for layer in range(layers):
        h = f"h{layer}."
        y = x.transpose(0, 1)
        y, _ = F.multi_head_attention_forward(
            y, y, y, x.shape[2], heads, None, torch.cat([p[h + name + ".bias"] for name in ("q", "k", "v")]), None, None, False, 0.0,
            p[h + "proj.weight"], p[h + "proj.bias"], need_weights=False, use_separate_proj_weight=True,
            q_proj_weight=p[h + "q.weight"], k_proj_weight=p[h + "k.weight"], v_proj_weight=p[h + "v.weight"])
        x = norm(x + y.transpose(0, 1), h + "ln_1")
        x = norm(x + linear(F.gelu(linear(x, h + "fc1"), approximate=form), h + "fc2"), h + "ln_2")
    second = [] if follows is None else [F.cross_entropy(linear(torch.tanh(linear(x[:, 0], "pooler")), "nsp"), follows)]
    x = norm(F.gelu(linear(x, "mlm"), approximate=form), "ln_mlm")
    logits = F.linear(x, p.get("lm_head.weight", p["embedding.weight"]), p.get("lm_head.bias"))
    return [F.cross_entropy(logits.reshape(-1, vocabulary), labels.reshape(-1), ignore_index=-100), *second]
