"""How often, and after how long, a request is sent again.

Pure: randomness comes in as a number.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """`attempts` in all; before the n-th repetition `first_s` · 2^(n-1), give or take `spread`, at most `most_s`.

    As it stands: four attempts in about 7 s.
    """

    attempts: int = 4
    first_s: float = 1.0
    most_s: float = 30.0
    spread: float = 0.1

    def delay_s(self, failures: int, jitter: float) -> float:
        """Give the wait after so many failures (1 for the first). `jitter` is drawn from 0 to 1."""
        plain_s = min(self.most_s, self.first_s * 2.0 ** min(failures - 1, 64))
        return min(self.most_s, plain_s * (1.0 + self.spread * (2.0 * jitter - 1.0)))
