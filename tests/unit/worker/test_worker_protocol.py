from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.worker.protocol import (
    Answer,
    Failure,
    Progress,
    Request,
    Success,
    decode_answer,
    decode_request,
    encode_answer,
    encode_request,
)

texts = st.text(max_size=40)
numbers = st.integers(min_value=0)
plain = st.dictionaries(texts, st.none() | st.booleans() | st.integers() | texts | st.lists(st.integers(), max_size=3))
answers = st.one_of(
    st.builds(Progress, numbers, texts),
    st.builds(Success, numbers, plain),
    st.builds(Failure, numbers, texts, texts, texts, texts),
)


@given(numbers, texts, plain.filter(lambda fields: not {"id", "do"} & set(fields)))
def test_a_request_is_one_line_and_survives_the_journey(number: int, do: str, arguments: dict[str, object]) -> None:
    request = Request(number, do, arguments)
    line = encode_request(request)
    assert line.count(b"\n") == 1
    assert decode_request(line) == request


@given(answers)
def test_an_answer_is_one_line_and_survives_the_journey(answer: Answer) -> None:
    line = encode_answer(answer)
    assert line.count(b"\n") == 1
    assert decode_answer(line) == answer


@given(st.binary(max_size=60))
def test_other_bytes_are_a_value_error_and_nothing_else(line: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (which one depends on where the bytes go wrong)
        decode_answer(line)


@pytest.mark.parametrize(
    "line",
    [
        b'{"id": 1, "ok": true, "value": {}}',
        b'{"id": 1, "ok": true}\n',
        b'{"id": "1", "progress": "x"}\n',
        b'{"id": 1, "ok": false, "error": "boom"}\n',
        b"[1]\n",
    ],
)
def test_an_answer_that_is_not_whole_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"line has no end|neither progress nor a reply|not a JSON object"):
        decode_answer(line)


@pytest.mark.parametrize("line", [b'{"id": 1}\n', b'{"do": "load"}\n', b'{"id": 1, "do": 2}\n'])
def test_a_request_without_number_or_command_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match="a request has"):
        decode_request(line)
