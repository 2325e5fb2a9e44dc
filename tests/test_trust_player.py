# SPDX-License-Identifier: Apache-2.0
"""Signatures and sealing in the browser's modules, in node: the same films pass and the same are refused."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from player_node import PLAYER, NodeDecoder, node
from player_node import decoder as decoder  # noqa: PLC0414 - a fixture
from signed_films import KEY, OTHER, in_packets, numbered, parts_of, plain, sign, signatures
from test_codec_fuzz import mutated
from test_trust_sealed import BOTH, FOREIGN, MINE, SMALL, YOURS
from test_trust_signatures import together, with_a_longer_length, with_swapped_signatures

from mtor_transcode.api.sealing import seal_bytes
from mtor_transcode.codec.container import SectionKind
from mtor_transcode.trust.keys import PrivateKey, public_pem
from mtor_transcode.trust.leaves import SIGNATURE
from mtor_transcode.trust.rotation import rotation

Ask = Callable[..., dict[str, Any]]
TRUSTED = [KEY.public.raw.hex()]


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    """Asks the modules in node; an error that is not their own fails the test."""
    script = Path(__file__).parent / "player" / "trust.mjs"
    process = subprocess.Popen(
        [node(), str(script), str(PLAYER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def ask(job: str, **asked: object) -> dict[str, Any]:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"job": job, **asked}) + "\n")
        process.stdin.flush()
        answer: dict[str, Any] = json.loads(process.stdout.readline())
        assert "crash" not in answer, answer["crash"]
        return answer

    yield ask
    process.communicate(timeout=20)


def pem_of(key: PrivateKey) -> str:
    text: bytes = key.native.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return text.decode()


@pytest.mark.parametrize("data", [SMALL, plain(), in_packets()], ids=["small", "film", "packets"])
def test_signed_films_pass_and_others_do_not(ask: Ask, data: bytes) -> None:
    signed = sign(data)
    told = ask("verify", film=signed.hex(), keys=[public_pem(KEY.public).decode()])["answer"]
    assert told == {
        "key": KEY.public.id.hex(),
        "signatures": len(signatures(parts_of(signed))),
        "sections": len(parts_of(data)),
    }
    assert ask("signer", film=signed.hex())["answer"] == KEY.public.id.hex()
    assert ask("signer", film=data.hex())["answer"] == ""
    for film, word in (
        (data, "is not signed"),
        (sign(data, OTHER), "is signed by key"),
        (signed[:-1], "is cut"),
    ):
        refused = ask("verify", film=film.hex(), keys=TRUSTED)
        assert refused["kind"] == "TrustError"
        assert word in refused["error"]


def test_every_flipped_bit_is_found(ask: Ask) -> None:
    assert ask("flips", film=sign(SMALL).hex(), keys=TRUSTED)["answer"] == []
    sealed = seal_bytes(SMALL, BOTH, title="t")
    assert ask("flips", film=sealed.hex(), seal=pem_of(YOURS), step=7)["answer"] == []


@pytest.mark.parametrize("data", [plain(), in_packets()], ids=["film", "packets"])
def test_sections_altered_dropped_doubled_or_swapped_are_found(ask: Ask, data: bytes) -> None:
    parts = parts_of(sign(data))
    for number, (kind, payload) in enumerate(parts):
        before, after = parts[:number], parts[number + 1 :]
        for bad in (
            [*before, (kind, payload + b"\0"), *after],
            [*before, *after],
            [*before, parts[number], *parts[number:]],
        ):
            if kind == SIGNATURE and len(bad) > len(parts):
                continue
            assert "error" in ask("verify", film=together(bad).hex(), keys=TRUSTED), number
    assert "error" in ask(
        "verify", film=together([*parts[:2], (0x7F, b"more"), *parts[2:]]).hex(), keys=TRUSTED
    )


def test_what_is_not_hashed_leaves_no_choice(ask: Ask) -> None:
    swapped = ask("verify", film=together(with_swapped_signatures()).hex(), keys=TRUSTED)
    assert "order" in swapped["error"]
    assert "length" in ask("verify", film=with_a_longer_length().hex(), keys=TRUSTED)["error"]


def test_the_guard_agrees_with_ours_in_any_order(ask: Ask) -> None:
    parts = parts_of(sign(in_packets()))
    events: list[list[Any]] = [[number, payload.hex()] for number, payload in signatures(parts)]
    right = [[number, kind, payload.hex()] for number, kind, payload in numbered(parts)]
    events += right
    random.Random(3).shuffle(events)
    packets = [each for each in right if each[1] == SectionKind.PACKET]
    events += [packets[0], [packets[0][0], 10, packets[1][2]], [1 << 24, 10, ""]]
    asked = {"keys": TRUSTED, "header": parts[0][1].hex(), "first": parts[1][1].hex()}
    told = ask("guard", events=events, **asked)["answer"]
    trusted = [number for each in told if isinstance(each, list) for number in each]
    assert sorted(trusted) == [number for number, _, _ in numbered(parts)]
    assert told[-3] == []
    assert "not the one" in told[-2]
    assert "no section" in told[-1]


def test_a_refused_section_may_come_again(ask: Ask) -> None:
    parts = parts_of(sign(in_packets()))
    where, late = signatures(parts)[-1]
    number, kind, payload = next(each for each in numbered(parts) if each[0] > where)
    events: list[list[Any]] = [
        [number, kind, payload.hex() + "00"],
        [where, late.hex()],
        [number, kind, payload.hex()],
    ]
    asked = {"keys": TRUSTED, "header": parts[0][1].hex(), "first": parts[1][1].hex()}
    told = ask("guard", events=events, **asked)["answer"]
    assert told[0] == []
    assert "not as signed" in told[1]
    assert told[2] == [number]


def test_rotations_are_followed_if_the_old_key_signed_them(ask: Ask) -> None:
    said = rotation(KEY, OTHER.public, date(2026, 11, 22)).decode()
    film = sign(SMALL, OTHER).hex()
    assert ask("verify", film=film, keys=TRUSTED, rotations=[said])["answer"]["key"] == OTHER.public.id.hex()
    forged = said.replace(KEY.public.raw.hex(), FOREIGN.public.raw.hex())
    assert "error" in ask("verify", film=film, keys=[FOREIGN.public.raw.hex()], rotations=[forged])
    for bad in ("", "null", "[]", "{}", said.replace("2026", "é"), said[:-9]):
        assert ask("verify", film=film, keys=TRUSTED, rotations=[bad])["kind"] == "TrustError"


@pytest.mark.parametrize("hidden", [False, True])
def test_recipients_open_sealed_films_and_others_do_not(ask: Ask, hidden: bool) -> None:
    film = sign(in_packets())
    sealed = seal_bytes(film, BOTH, title="Ein Titel é", hidden=hidden)
    for key in (MINE, YOURS):
        assert ask("open", film=sealed.hex(), key=pem_of(key))["answer"] == {
            "title": "Ein Titel é",
            "film": film.hex(),
        }
    assert "not sealed to key" in ask("open", film=sealed.hex(), key=pem_of(FOREIGN))["error"]
    assert "no private key for sealing" in ask("open", film=sealed.hex(), key=pem_of(KEY))["error"]
    assert "is cut" in ask("open", film=sealed[:-1].hex(), key=pem_of(MINE))["error"]
    assert "not a sealed film" in ask("open", film=film.hex(), key=pem_of(MINE))["error"]


def test_a_keyring_takes_keys_and_lets_films_through(ask: Ask) -> None:
    signed, foreign = sign(SMALL), sign(SMALL, OTHER)
    sealed = seal_bytes(signed, BOTH, title="Mine")
    says = {"title": "", "sealed": False, "verified": False}
    key, rotated = public_pem(KEY.public), rotation(KEY, OTHER.public, date(2026, 11, 22))
    files = [
        SMALL, signed, sealed, pem_of(FOREIGN).encode(), sealed, pem_of(MINE).encode(), sealed,
        key, SMALL, signed, foreign, sealed, rotated, foreign, pem_of(KEY).encode(),
    ]  # fmt: skip
    told = ask("keyring", files=[[f"file{at}", each.hex()] for at, each in enumerate(files)])["answer"]
    signer = KEY.public.id.hex()
    assert told[0] == {**says, "bytes": SMALL.hex(), "signer": ""}
    assert told[1] == {**says, "bytes": signed.hex(), "signer": signer}
    assert told[2].startswith('TrustError: file2: "Mine" is sealed')
    assert told[3] == f"key {FOREIGN.public.id.hex()} opens films that are sealed to it"
    assert "not sealed to key" in told[4]
    assert told[6] == {
        "bytes": signed.hex(),
        "title": "Mine",
        "sealed": True,
        "signer": signer,
        "verified": False,
    }
    assert told[7] == f"only films signed by key {signer} are played"
    assert "is not signed" in told[8]
    assert told[9] == {**says, "bytes": signed.hex(), "signer": signer, "verified": True}
    assert "is signed by key" in told[10]
    assert told[11]["verified"]
    assert told[12] == f"key {OTHER.public.id.hex()} takes the place of key {signer}"
    assert told[13]["signer"] == OTHER.public.id.hex()
    assert "no private key for sealing" in told[14]


def test_hpke_opens_the_vector_of_rfc_9180(ask: Ask) -> None:
    """Appendix A.1.1: base mode, first encryption."""
    private = X25519PrivateKey.from_private_bytes(
        bytes.fromhex("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8")
    )
    told = ask(
        "hpke",
        key=pem_of(PrivateKey("sealing", private)),
        enc="37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
        info="4f6465206f6e2061204772656369616e2055726e",
        aad="436f756e742d30",
        sealed="f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a",
    )
    assert bytes.fromhex(told["answer"]) == b"Beauty is truth, truth beauty"


def test_without_webcrypto_nothing_passes(ask: Ask) -> None:
    told = ask("insecure", film=sign(SMALL).hex(), keys=TRUSTED)
    assert told["kind"] == "TrustError"
    assert "HTTPS" in told["error"]


def test_hostile_films_make_no_other_errors(ask: Ask) -> None:
    chance = random.Random(11)
    signed, sealed = sign(in_packets()), seal_bytes(SMALL, BOTH, title="t")
    for _ in range(150):
        made = mutated(signed, chance)
        assert made == signed or "error" in ask("verify", film=made.hex(), keys=TRUSTED)
        made = mutated(sealed, chance)
        assert made == sealed or "error" in ask("open", film=made.hex(), key=pem_of(MINE))


def test_the_browsers_decoder_plays_signed_films(decoder: NodeDecoder) -> None:
    for data in (SMALL, plain(), in_packets()):
        before, after = decoder.film(data), decoder.film(sign(data))
        assert before.pop("index") != after.pop("index")
        assert after == before
