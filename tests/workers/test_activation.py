"""What an environment that is not from systemd can do at the start: nothing but a plain refusal."""

import os
import socket

import pytest

from gateway.errors import UserError
from gateway.system import activation


def handed_over(count, **more):
    return {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": count, **more}


@pytest.mark.parametrize("count", ["9" * 5000, "99999999999", "-1", "²", "1.0", " 1", "x"])
def test_a_number_of_sockets_that_is_none_is_refused_in_words(count):
    environment = handed_over(count)
    with pytest.raises(UserError, match="not a number of sockets"):
        activation.take(environment)
    assert environment == {}


def test_names_that_do_not_fit_the_number_are_refused():
    with pytest.raises(UserError, match="1 names for 0 sockets"):
        activation.take(handed_over("0", LISTEN_FDNAMES="smtp"))


def test_what_is_meant_for_another_process_is_left_alone():
    environment = {"LISTEN_PID": "1", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "smtp"}
    assert activation.take(environment) == {}
    assert environment == {}


@pytest.mark.parametrize("make", [lambda: socket.socketpair()[0], lambda: socket.socket(type=socket.SOCK_DGRAM), None])
def test_a_descriptor_that_nobody_can_connect_to_is_refused(monkeypatch, tmp_path, make):
    if make is None:
        descriptor = os.open(tmp_path, os.O_RDONLY)
    else:
        with make() as made:
            descriptor = os.dup(made.fileno())
    monkeypatch.setattr(activation, "_FIRST_DESCRIPTOR", descriptor)
    with pytest.raises(UserError, match=r"no socket|does not listen"):
        activation.take(handed_over("1", LISTEN_FDNAMES="smtp"))
