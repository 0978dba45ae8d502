"""Changes of genuine evidence, drawn by seed."""

import random
import struct

from quotes import Case

DOCUMENTS = ("tcb_info", "qe_identity")
HEX = ("tcb_info_signature", "qe_identity_signature", "root_ca_crl", "pck_crl")
CHAINS = ("tcb_info_issuer_chain", "qe_identity_issuer_chain", "pck_crl_issuer_chain")
MEMBERS = DOCUMENTS + HEX + CHAINS


def signature_start(quote: bytes) -> int:
    """Where the signature data begins, behind its size."""
    if quote[0] == 4:
        return 636
    return 642 if quote[48] == 2 else 706


class Mutator:
    def __init__(self, cases: list[Case], seed: int):
        self.cases = cases
        self.noise = random.Random(seed)

    def case(self) -> Case:
        base = self.noise.choice(self.cases)
        change = self.noise.choice(
            [
                self.flip_bit,
                self.flip_bit,
                self.flip_late_bit,
                self.set_byte,
                self.set_field,
                self.resize,
                self.cut,
                self.pad,
                self.splice,
                self.shift,
                self.edit_member,
                self.edit_member,
                self.exchange_member,
                self.drop_member,
                self.move_time,
            ]
        )
        return change(base)

    def flip_bit(self, case: Case) -> Case:
        return self._flip(case, self.noise.randrange(len(case.quote)))

    def flip_late_bit(self, case: Case) -> Case:
        """In the signature data's structure or the certificates."""
        return self._flip(case, self.noise.randrange(signature_start(case.quote), len(case.quote)))

    def _flip(self, case: Case, at: int) -> Case:
        quote = bytearray(case.quote)
        quote[at] ^= 1 << self.noise.randrange(8)
        return case.changed(f"a bit of byte {at}", quote=bytes(quote))

    def set_byte(self, case: Case) -> Case:
        quote = bytearray(case.quote)
        at = self.noise.randrange(len(quote))
        quote[at] = self.noise.choice([0, 0xFF, self.noise.randrange(256)])
        return case.changed(f"byte {at} is {quote[at]}", quote=bytes(quote))

    def set_field(self, case: Case) -> Case:
        """A number that steers how the quote is read."""
        start = signature_start(case.quote)
        at, form = self.noise.choice(
            [
                (0, "<H"),
                (2, "<H"),
                (4, "<I"),
                (48, "<H"),
                (50, "<I"),
                (start - 4, "<I"),
                (start + 128, "<H"),
                (start + 130, "<I"),
                (start + 582, "<H"),
                (start + 616, "<H"),
                (start + 618, "<I"),
            ]
        )
        old = struct.unpack_from(form, case.quote, at)[0]
        most = 0xFFFF if form == "<H" else 0xFFFFFFFF
        new = self.noise.choice(
            [0, 1, 2, 3, 4, 5, 6, old - 1, old + 1, 0x7FFF, most, self.noise.randrange(most)]
        )
        quote = bytearray(case.quote)
        struct.pack_into(form, quote, at, new & most)
        return case.changed(f"{new} in place of {old} at {at}", quote=bytes(quote))

    def resize(self, case: Case) -> Case:
        """One of the three sizes, the others made to fit as far as possible."""
        start = signature_start(case.quote)
        by = self.noise.choice([-64, -1, 1, 32])
        quote = bytearray(case.quote)
        for at in self.noise.sample([start - 4, start + 130, start + 618], 2):
            size = struct.unpack_from("<I", quote, at)[0]
            struct.pack_into("<I", quote, at, max(0, size + by))
        return case.changed(f"two sizes changed by {by}", quote=bytes(quote))

    def cut(self, case: Case) -> Case:
        count = self.noise.randrange(len(case.quote))
        return case.changed(f"cut to {count} bytes", quote=case.quote[:count])

    def pad(self, case: Case) -> Case:
        padding = self.noise.choice([b"\0" * 7, self.noise.randbytes(5)])
        return case.changed("padded", quote=case.quote + padding)

    def splice(self, case: Case) -> Case:
        """A part of another quote in the same place."""
        other = self.noise.choice(self.cases).quote
        start = signature_start(case.quote)
        ends = [0, 48, start - 4, start, start + 64, start + 128, start + 518, start + 616]
        lower, upper = sorted(self.noise.sample([*ends, len(case.quote)], 2))
        quote = case.quote[:lower] + other[lower:upper] + case.quote[upper:]
        return case.changed(f"bytes {lower} to {upper} of another quote", quote=quote)

    def shift(self, case: Case) -> Case:
        """One byte more or less."""
        at = self.noise.randrange(len(case.quote))
        if self.noise.random() < 0.5:
            return case.changed(f"without byte {at}", quote=case.quote[:at] + case.quote[at + 1 :])
        byte = self.noise.randbytes(1)
        return case.changed(
            f"a byte more at {at}", quote=case.quote[:at] + byte + case.quote[at:]
        )

    def edit_member(self, case: Case) -> Case:
        """One character of the collateral."""
        member = self.noise.choice(MEMBERS)
        text = case.collateral[member]
        at = self.noise.randrange(len(text))
        letters = "0123456789abcdef" if member in HEX else "aA0Z+/= \n\"{}[],:-"
        letter = self.noise.choice(letters)
        value = text[:at] + letter + text[at + 1 :]
        return case.with_member(f"{letter!r} at {at} of {member}", member, value)

    def exchange_member(self, case: Case) -> Case:
        """A member of other collateral, or another member of the same."""
        member = self.noise.choice(MEMBERS)
        other = self.noise.choice(self.cases).collateral
        kind = next(kind for kind in (DOCUMENTS, HEX, CHAINS) if member in kind)
        source = member if self.noise.random() < 0.6 else self.noise.choice(kind)
        return case.with_member(f"another {source} as {member}", member, other[source])

    def drop_member(self, case: Case) -> Case:
        member = self.noise.choice(MEMBERS)
        value = self.noise.choice([None, "", case.collateral[member][:-1]])
        return case.with_member(f"{member} is missing or cut", member, value)

    def move_time(self, case: Case) -> Case:
        day = 86_400
        by = self.noise.choice([-1, 1, -40 * day, 40 * day, self.noise.randrange(-30, 30) * day])
        now = self.noise.choice([0, 2_524_608_000, case.now + by, case.now + by, case.now + by])
        return case.changed(f"at {now}", now=now)
