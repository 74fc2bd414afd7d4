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
GPT2 = dict(vocab_size=VOCABULARY, n_embd=HIDDEN, n_layer=LAYERS, n_head=2, n_inner=INNER, n_positions=POSITIONS, bos_token_id=0, eos_token_id=0)
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
    elif ("orm" in name or "ln_" in name) and name.endswith("weight"):
        u = 1 + 0.3 * u
    else:
        u *= 0.3
    return torch.tensor(u.astype(numpy.float32).astype(float).reshape(shape))


def loaded(make, config):
    torch.set_default_dtype(torch.float64)
    model = make(config).eval()
    state = {name: value for name, value in model.state_dict().items() if value.is_floating_point()}
    tied = [name for name in state if name.endswith(("decoder.weight", "decoder.bias", "vocab_projector.weight", "lm_head.weight"))]
    # What save_pretrained leaves out, because it is another tensor's.
    shapes = {name: list(value.shape) for name, value in state.items() if name not in tied}
    missing, unexpected = model.load_state_dict({name: tensor(name, shape) for name, shape in shapes.items()}, strict=False)
    assert not unexpected and all(name in tied or "ids" in name for name in missing), (missing, unexpected)
    model.tie_weights()
    written = {**json.loads(config.to_json_string()), "architectures": [make.__name__]}
    return model, {"config": written, "shapes": shapes}


def ids_of(pad: int | None):
    """Padded to one length; as they are, without padding, for None."""
    texts = [[5 + (17 * i + 7 * t + t * t) % (VOCABULARY - 5) for t in range(length)] for i, length in enumerate(LENGTHS)]
    return texts if pad is None else [ids + [pad] * (TOKENS - len(ids)) for ids in texts]


def digits(rows):
    return [[round(x, 7) for x in row] for row in rows]


def checkpoint(make, config, pad: int):
    model, result = loaded(make, config)
    ids = ids_of(pad)
    mask = [[int(t < length) for t in range(TOKENS)] for length in LENGTHS]
    with torch.no_grad():
        out = model(input_ids=torch.tensor(ids), attention_mask=torch.tensor(mask))
    result = {**result, "ids": ids, "lengths": LENGTHS}
    if "logits" in out:
        # At the second token: where the mask stands without a prompt.
        return {**result, "words": WORDS, "logits": digits(out.logits[:, 1, WORDS].tolist())}
    hidden = out.last_hidden_state
    kept = torch.tensor(mask, dtype=torch.float64)[:, :, None]
    pooled = {"mean": (hidden * kept).sum(1) / kept.sum(1), "cls": hidden[:, 0]}
    return {**result, "embeddings": {name: digits(torch.nn.functional.normalize(x, dim=1).tolist()) for name, x in pooled.items()}}


def decoder(make, config):
    """Each text by itself, so that nothing depends on how the library pads; its ids are written with the padding behind the first."""
    model, result = loaded(make, config)
    texts = ids_of(None)
    with torch.no_grad():
        logits = [model(input_ids=torch.tensor([ids])).logits[0, -1, WORDS].tolist() for ids in texts]
    padded = [ids[:1] + [config.eos_token_id] * (TOKENS - len(ids)) + ids[1:] for ids in texts]
    return {**result, "ids": padded, "lengths": LENGTHS, "words": WORDS, "logits": digits(logits)}


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
        decoder(t.GPT2LMHeadModel, t.GPT2Config(**GPT2)),
    ]))
