"""Packed layers give the plain ones' bits; quantised ones the numbers of rounded weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional
from transformers import AutoTokenizer, Lfm2Config, Lfm2ForCausalLM

from core.errors import InvalidInput
from engine.kernels.packing import (
    PackedLinear,
    can_be_packed,
    held_bytes,
    packs_equally,
    replace_linears,
)
from engine.kernels.quantising import (
    INT4_ROWS,
    INT8_ROWS,
    DynamicInt8Linear,
    Int4Linear,
    Int8Linear,
    multiplies_integers,
    quantised,
)
from engine.kernels.weight_format import convert, dtype_wish
from engine.local import LocalEngine

CPU = torch.device("cpu")
ROWS = [1, 2, 3, 4, 8, 16, 40]


def layer(bias: bool = False, dtype: torch.dtype = torch.bfloat16) -> nn.Linear:
    torch.manual_seed(5)
    return nn.Linear(256, 192, bias=bias, dtype=dtype)


def error(one: torch.Tensor, other: torch.Tensor) -> float:
    return float((one.float() - other.float()).norm() / other.float().norm())


# What this processor packs; float32 is packed wherever oneDNN is.
PACKED = [dtype for dtype in (torch.bfloat16, torch.float32) if can_be_packed(CPU, dtype)]


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("dtype", PACKED)
@torch.no_grad()
def test_a_packed_layer_gives_what_the_plain_one_gives(dtype, bias) -> None:
    plain = layer(bias, dtype)
    packed = PackedLinear(plain)
    for rows in ROWS:
        inputs = torch.randn(2, rows, 256).to(dtype)
        assert packed(inputs).shape == (2, rows, 192)
        assert error(packed(inputs), plain(inputs)) < (3e-6 if dtype == torch.float32 else 5e-3)


@torch.no_grad()
def test_equality_is_found_by_comparing_bits() -> None:
    dtype = PACKED[0]
    network = nn.Sequential(layer(dtype=dtype), layer(True, dtype))
    equal = all(
        torch.equal(PackedLinear(linear)(inputs), linear(inputs))
        for linear in network
        for rows in range(1, 65)
        for inputs in [torch.randn(rows, 256, dtype=dtype)]
    )
    assert packs_equally(network) <= equal


@pytest.mark.parametrize("bias", [False, True])
@torch.no_grad()
def test_8_bits_multiply_by_their_rounded_weights(bias) -> None:
    plain = layer(bias)
    small = Int8Linear(plain)
    assert error(small.dequantised(), plain.weight) < 0.01
    for rows in ROWS:
        inputs = torch.randn(rows, 256, dtype=torch.bfloat16)
        wanted = functional.linear(inputs.float(), small.dequantised())
        wanted = wanted + plain.bias.float() if bias else wanted
        assert error(small(inputs), wanted) < 0.006


@pytest.mark.skipif(not multiplies_integers(), reason="this processor has no VNNI")
@pytest.mark.parametrize("bias", [False, True])
@torch.no_grad()
def test_8_bits_times_8_bits_round_each_row_by_itself(bias) -> None:
    plain, engine = layer(bias), torch.backends.quantized.engine
    small = DynamicInt8Linear(plain)
    assert torch.backends.quantized.engine == engine
    assert held_bytes(small) == 256 * plain.out_features + (2 * plain.out_features if bias else 0)
    weights = small(torch.eye(256, dtype=torch.bfloat16)).float().T
    weights = weights - plain.bias.float()[:, None] if bias else weights
    assert error(weights, plain.weight) < 0.01
    inputs = torch.randn(max(ROWS), 256, dtype=torch.bfloat16)
    inputs[0] *= 1000  # would take the others' scale
    inputs[1] = 0
    outputs = small(inputs)
    assert error(outputs, plain(inputs)) < 0.02
    for row in range(4):
        assert torch.equal(small(inputs[row : row + 1]), outputs[row : row + 1])


@pytest.mark.parametrize("bias", [False, True])
@torch.no_grad()
def test_4_bits_multiply_by_their_rounded_weights(bias) -> None:
    """All inputs one by one give the weights, for few rows and for many."""
    plain = layer(bias)
    small = Int4Linear(plain)
    ones = torch.eye(256, dtype=torch.bfloat16)
    many = small(ones)
    few = torch.cat([small(ones[n : n + INT4_ROWS]) for n in range(0, 256, INT4_ROWS)])
    assert error(few, many) < 0.006
    weight = many.float() - plain.bias.float() if bias else many
    assert 0.02 < error(weight.T, plain.weight) < 0.12


@torch.no_grad()
def test_few_and_many_rows_differ_by_rounding_only() -> None:
    for small, most in ((Int8Linear(layer()), INT8_ROWS), (Int4Linear(layer()), INT4_ROWS)):
        inputs = torch.randn(most + 1, 256, dtype=torch.bfloat16)
        assert error(small(inputs[:most]), small(inputs)[:most]) < 0.006


def test_a_shape_that_a_kernel_does_not_know_stays_as_it_is() -> None:
    odd = nn.Linear(40, 24, dtype=torch.bfloat16)
    assert quantised(odd, "int8") is None
    assert quantised(odd, "int4") is None


SIZES: dict[str, Any] = {
    "vocab_size": 2560, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 4,
    "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 512,
    "bos_token_id": 1, "eos_token_id": 7, "pad_token_id": 0, "block_auto_adjust_ff_dim": False,
    "layer_types": ["conv", "full_attention", "conv", "full_attention"],
}  # fmt: skip


@pytest.fixture(scope="module")
def wide(tmp_path_factory, processor) -> Path:
    """A tiny model whose layers fit all kernels."""
    torch.manual_seed(3)
    model: Any = Lfm2ForCausalLM(Lfm2Config(**SIZES)).eval()
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.mul_(4.0)
    model.generation_config.pad_token_id = 0
    folder = tmp_path_factory.mktemp("wide")
    model.save_pretrained(folder)
    processor.tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("weights", ["int8", "int4"])
def test_answers_are_those_of_generate_on_the_same_quantised_model(
    weights, wide, ask, run, request
) -> None:
    engine = LocalEngine(str(wide), device="cpu", weights=weights)
    assert engine.worker
    description, model = engine.description, engine.worker.checkpoint.model
    assert description
    assert (description.weights, description.dtype) == (weights, "bfloat16")
    assert type(model.lm_head) in (Int8Linear, DynamicInt8Linear, Int4Linear)
    assert isinstance(model.model.embed_tokens, nn.Embedding)
    assert description.parameters == Lfm2ForCausalLM.from_pretrained(wide).num_parameters()
    tokenizer = AutoTokenizer.from_pretrained(wide)
    for text in ("One", "Two, a little longer", "And three"):
        asked = ask(text, temperature=0.0, max_new_tokens=12)
        lanes = run(engine, asked)
        ids = torch.tensor([lanes.start().prompt.token_ids])
        with torch.inference_mode():
            out = model.generate(ids, do_sample=False, max_new_tokens=12)
        assert lanes.ids() == out[0, ids.shape[1] :].tolist()
        assert tokenizer.decode(lanes.ids())


@pytest.mark.thorough
def test_quantised_weights_take_less_memory(wide) -> None:
    sizes = {
        weights: LocalEngine(str(wide), device="cpu", weights=weights).description.memory_bytes  # type: ignore
        for weights in ("float32", "bfloat16", "int8")
    }
    assert sizes["int8"] < 2 * sizes["bfloat16"]
    assert sizes["float32"] == 2 * sizes["bfloat16"]


def test_a_tied_embedding_is_counted_once_and_a_packed_copy_as_well() -> None:
    model: Any = Lfm2ForCausalLM(Lfm2Config(**SIZES)).to(torch.bfloat16)
    before = held_bytes(model)
    assert before == 2 * model.num_parameters()
    if torch.bfloat16 not in PACKED:
        model, before = model.float(), 2 * before
    replace_linears(list(model.modules()), PackedLinear, lambda share: None)
    head = (2 if torch.bfloat16 in PACKED else 4) * 2560 * 64
    assert held_bytes(model) == before + head


def test_the_layers_that_see_keep_their_weights(engine_of, folder) -> None:
    engine = LocalEngine(str(folder("vl")), device="cpu", weights="int8")
    assert engine.worker
    model = engine.worker.checkpoint.model
    kinds = (Int8Linear, DynamicInt8Linear)
    quantised_names = [n for n, m in model.named_modules() if isinstance(m, kinds)]
    assert quantised_names
    assert not [name for name in quantised_names if "vision" in name or "projector" in name]


def test_fewer_bits_are_refused_where_there_is_no_kernel() -> None:
    with pytest.raises(InvalidInput, match="int8 weights are for the CPU, but this model goes to"):
        dtype_wish("int8", torch.device("cuda", 0))
    assert dtype_wish("int4", CPU) == "bfloat16"
    assert dtype_wish("float16", torch.device("cuda", 0)) == "float16"


@pytest.fixture
def large() -> Callable[[torch.dtype], Any]:
    """Just large enough to be packed: 34 million weights."""

    def make(dtype: torch.dtype) -> Any:
        torch.manual_seed(1)
        sizes = {**SIZES, "vocab_size": 8192, "hidden_size": 512, "intermediate_size": 4096}
        return Lfm2ForCausalLM(Lfm2Config(**sizes)).to(dtype).eval()

    return make


@torch.inference_mode()
def test_auto_never_changes_a_bit(large) -> None:
    ids = torch.randint(10, 8000, (1, 50), generator=torch.Generator().manual_seed(2))
    for dtype in (torch.float32, torch.bfloat16):
        network = large(dtype)
        before = network(ids).logits
        step_before = network(ids[:, :1]).logits
        convert(network, "auto", lambda what, share: None)
        assert torch.equal(network(ids).logits, before)
        assert torch.equal(network(ids[:, :1]).logits, step_before)


@torch.inference_mode()
def test_a_processor_that_does_not_compute_in_bfloat16_keeps_such_weights_plain(
    large, monkeypatch
) -> None:
    """Loading failed there: oneDNN refuses to pack them."""
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: False)
    network = large(torch.bfloat16)
    assert convert(network, "auto", lambda what, share: None) == "bfloat16"
    assert type(network.lm_head) is nn.Linear
    assert type(Int4Linear(layer()).many) is nn.Linear


@torch.inference_mode()
def test_a_named_format_is_packed_and_says_so(large) -> None:
    network = large(torch.float32)
    steps: list[float | None] = []
    said = convert(network, "float32", lambda what, share: steps.append(share))
    assert said == "float32, packed"
    assert isinstance(network.lm_head, PackedLinear)
    assert steps[-1] == 1.0


@pytest.mark.thorough
def test_packing_can_be_cancelled(large) -> None:
    def cancel(what: str, share: float | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert(large(torch.float32), "float32", cancel)
