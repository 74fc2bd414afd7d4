"""Writes tests/fixtures/checkpoints.json: tiny checkpoints in each architecture's own tensor names and what the reference implementation makes of some tokens.

pip install torch transformers; python tests/models/reference/make_checkpoints.py > tests/fixtures/checkpoints.json

Weights aren't written: element i of a tensor is number i of the mulberry32 stream that starts at the FNV-1a hash of the tensor's name,
which checkpoints.test.ts repeats.
"""
import json
import math

import numpy
import torch
import transformers

HIDDEN, LAYERS, INNER, VOCABULARY, POSITIONS, TOKENS, WORDS = 16, 2, 24, 60, 40, 12, [7, 11, 20]
LENGTHS = [12, 9, 5]
BERT = dict(
    vocab_size=VOCABULARY, hidden_size=HIDDEN, num_hidden_layers=LAYERS, num_attention_heads=2, intermediate_size=INNER,
    max_position_embeddings=POSITIONS,
)
DISTILBERT = dict(vocab_size=VOCABULARY, dim=HIDDEN, n_layers=LAYERS, n_heads=2, hidden_dim=INNER, max_position_embeddings=POSITIONS)


def uniform(name: str, count: int) -> numpy.ndarray:
    state = 0x811C9DC5
    for byte in name.encode():
        state = (state ^ byte) * 0x01000193 & 0xFFFFFFFF
    out = numpy.empty(count)
    for i in range(count):
        state = (state + 0x6D2B79F5) & 0xFFFFFFFF
        t = (state ^ state >> 15) * (state | 1) & 0xFFFFFFFF
        t = (t + ((t ^ t >> 7) * (t | 61) & 0xFFFFFFFF) & 0xFFFFFFFF) ^ t
        out[i] = ((t ^ t >> 14) & 0xFFFFFFFF) / 2**32
    return out


def tensor(name: str, shape: list[int]) -> torch.Tensor:
    u = 2 * uniform(name, math.prod(shape)) - 1
    if len(shape) > 1:
        u *= 3 / math.sqrt(shape[-1])
    elif "orm" in name and name.endswith("weight"):
        u = 1 + 0.3 * u
    else:
        u *= 0.3
    return torch.tensor(u.astype(numpy.float32).astype(float).reshape(shape))


def checkpoint(make, config, pad: int):
    torch.set_default_dtype(torch.float64)
    model = make(config).eval()
    state = {name: value for name, value in model.state_dict().items() if value.is_floating_point()}
    tied = [name for name in state if name.endswith(("decoder.weight", "decoder.bias", "vocab_projector.weight"))]
    # What save_pretrained leaves out, because it is another tensor's.
    shapes = {name: list(value.shape) for name, value in state.items() if name not in tied}
    missing, unexpected = model.load_state_dict({name: tensor(name, shape) for name, shape in shapes.items()}, strict=False)
    assert not unexpected and all(name in tied or "ids" in name for name in missing), (missing, unexpected)
    model.tie_weights()
    ids = [[5 + (17 * i + 7 * t + t * t) % (VOCABULARY - 5) if t < length else pad for t in range(TOKENS)] for i, length in enumerate(LENGTHS)]
    mask = [[int(t < length) for t in range(TOKENS)] for length in LENGTHS]
    with torch.no_grad():
        out = model(input_ids=torch.tensor(ids), attention_mask=torch.tensor(mask))
    written = {**json.loads(config.to_json_string()), "architectures": [make.__name__]}
    result = {"config": written, "shapes": shapes, "ids": ids, "lengths": LENGTHS}
    digits = lambda values: [[round(x, 7) for x in row] for row in values.tolist()]
    if "logits" in out:
        # At the second token: where the mask stands without a prompt.
        return {**result, "words": WORDS, "logits": digits(out.logits[:, 1, WORDS])}
    hidden = out.last_hidden_state
    kept = torch.tensor(mask, dtype=torch.float64)[:, :, None]
    pooled = {"mean": (hidden * kept).sum(1) / kept.sum(1), "cls": hidden[:, 0]}
    return {**result, "embeddings": {name: digits(torch.nn.functional.normalize(x, dim=1)) for name, x in pooled.items()}}


if __name__ == "__main__":
    t = transformers
    roberta = dict(BERT, type_vocab_size=1)
    print(json.dumps([
        checkpoint(t.BertForMaskedLM, t.BertConfig(**BERT), 0),
        checkpoint(t.BertModel, t.BertConfig(**BERT), 0),
        checkpoint(t.RobertaForMaskedLM, t.RobertaConfig(**roberta), 1),
        checkpoint(t.RobertaModel, t.RobertaConfig(**BERT), 1),
        checkpoint(t.XLMRobertaForMaskedLM, t.XLMRobertaConfig(**roberta), 1),
        checkpoint(t.DistilBertForMaskedLM, t.DistilBertConfig(**DISTILBERT), 0),
        checkpoint(t.DistilBertModel, t.DistilBertConfig(**DISTILBERT), 0),
    ]))
