"""Plan → portal → Report: send the calls, find out what became of each, prove the result.

`applier` has the rules of a run, `flights` sends batches side by side, `window` decides how many, `ledger` knows
what became of every change, `pulse` tells whoever watches.
"""

from b24provision.apply.applier import Applier, Look
from b24provision.apply.pulse import Pulse, Watch, nobody

__all__ = ["Applier", "Look", "Pulse", "Watch", "nobody"]
