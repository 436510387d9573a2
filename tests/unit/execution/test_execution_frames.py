"""Messages over a stream that may stop anywhere."""

import socket
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.execution.frames import MAX_BYTES, Inbox, frame, receive, send


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


@given(messages=st.lists(st.binary(max_size=50), max_size=4), cuts=st.lists(st.integers(0, 250), max_size=6))
def test_messages_arrive_whole_however_they_are_cut(messages, cuts):
    ours, theirs = socket.socketpair()
    inbox, stream, arrived = Inbox(ours), b"".join(map(frame, messages)), []
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    for start, end in pairwise(places):
        theirs.sendall(stream[start:end])
        while (message := inbox.receive()) is not None:
            arrived.append(message)
    theirs.close()
    assert arrived == messages
    with pytest.raises(EOFError):
        inbox.receive()
    ours.close()


def test_a_sender_that_stops_half_way_holds_nobody_up(pair):
    ours, theirs = pair
    inbox = Inbox(ours)
    theirs.sendall(frame(b"x" * 1000)[:500])
    assert inbox.receive() is None


def test_what_came_before_the_end_is_read_first(pair):
    ours, theirs = pair
    inbox = Inbox(ours)
    theirs.sendall(frame(b"last") + b"half")
    theirs.close()
    assert inbox.receive() == b"last"
    with pytest.raises(EOFError):
        inbox.receive()


def test_a_length_beyond_reason_is_refused(pair):
    ours, theirs = pair
    theirs.sendall((MAX_BYTES + 1).to_bytes(8))
    with pytest.raises(ValueError, match=f"a message of {MAX_BYTES + 1} bytes"):
        Inbox(ours).receive()


def test_waiting_for_a_message_ends_with_the_other_end(pair):
    ours, theirs = pair
    send(theirs, b"one")
    assert receive(ours) == b"one"
    theirs.close()
    with pytest.raises(EOFError):
        receive(ours)
