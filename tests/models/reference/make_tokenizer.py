"""Writes tokenizers.json: small tokenizers and what the reference implementation (pip install tokenizers) makes of some texts."""
import json

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

CORPUS = [
    "The nurse was kind and took the time to explain everything to us.",
    "Nobody came for an hour, and the waiting room was cold and noisy.",
    "It was a great stay: friendly people, clean rooms, good food.",
    "It was a terrible night, the pain did not stop and the doctor was rude.",
    "They didn't tell me about the results; I'm still waiting for a call.",
    "We're grateful to the whole team on the ward, they've been wonderful.",
    "Parking was awful and the receptionist wasn't helpful at all.",
    "My daughter wasn't afraid, because the nurses were patient with her.",
] * 3
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
TEXTS = [
    "The nurse was kind.", " the nurse was kind", "THE NURSE", "great", " great", "terrible\n\nnight", "  two  spaces  ", "tab\there",
    "didn't wouldn't they've I'm", "don’t “quote” — dash…", "naïve café über Ångström", "痛みが和らいだ", "🙂🙃 ok 👩‍⚕️", "x", "",
    "1234567890 3.5mg 10:30", "a.b,c;d!e?f", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "the" * 60, "wasn't" * 20, "....", "--- -- -",
    "nurses nursing unkindness receptionists", "e\u0301te\u0301 ﬁne ½", "\u00a0non-breaking\u00a0space", "mixed MiXeD cAsE", "Ünï¢ödé §±",
    "stststststaststatstatssttatsatts", "ereereerreeereerewererweerewwerewerew", "<mask", "it was a great stay " * 30,
]


def byte_level():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=500, special_tokens=SPECIAL, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return tokenizer


def treebank():
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase(), normalizers.Replace("’", "'")])
    pieces = Regex(r"\p{L}+?(?=n't)|n't|'(?:s|re|ve|ll|d|m)(?!\p{L})|[\p{L}\p{M}]+|\p{N}+|\.{2,}|-{2,}|[^\s\p{L}\p{N}]")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(pieces, "removed", invert=True), pre_tokenizers.ByteLevel(add_prefix_space=True, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=450, special_tokens=SPECIAL, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def word_piece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.train_from_iterator(CORPUS, trainers.WordPieceTrainer(vocab_size=300, special_tokens=SPECIAL))
    return tokenizer


if __name__ == "__main__":
    reference = []
    for make in (byte_level, treebank, word_piece):
        tokenizer = make()
        encoded = [tokenizer.encode(text, add_special_tokens=False).ids for text in TEXTS]
        reference.append({
            "name": make.__name__, "tokenizer": json.loads(tokenizer.to_str()),
            "texts": [{"text": t, "ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=False)} for t, ids in zip(TEXTS, encoded)],
        })
    print(json.dumps(reference, ensure_ascii=False))
