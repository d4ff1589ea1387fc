"""Plan → portal → Report: send the calls, find out what became of each, prove the result.

`applier` has the rules of a run, `flights` sends batches side by side, `departures` has
those that have not gone yet, `window` decides how many go at once, `ledger` knows what became of every change,
`second_look` what another look tells of those in doubt, `pulse` tells whoever watches.
"""

from b24provision.apply.applier import Applier, Found, Look
from b24provision.apply.pulse import Pulse, Watch, nobody

__all__ = ["Applier", "Found", "Look", "Pulse", "Watch", "nobody"]
