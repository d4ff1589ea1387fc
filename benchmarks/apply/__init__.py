"""Carrying out plans against the local portal over HTTP: `python -m benchmarks.apply [SIZE…] [--only WHO]`.

The portal takes the time a cloud portal was seen to take, at a twentieth: costs 1:20, and the limits alike. The bucket
of 50 drains 40 a second, a method may run 24 s in each 30 s, a request is cut after 3 s. What each contestant knows of
these limits is scaled alike. Each begins with an empty portal and creates so many storages with so many properties;
finds that there is nothing to do; changes a property of each storage; and deletes them. After each of these the portal
must hold what was asked for, or the run ends there.

- ours: plan and apply, verified, as the command line does it;
- b24jssdk: what the data-storage example of the JavaScript SDK does: the list of storages, then for each that is not
  in it a batch that creates the storage and its properties. What is in the list counts as done, so finding that there
  is nothing to do is one call. One call for each change and each deletion. All of it one after another;
- b24pysdk: everything by its `call_batches`, which sends batches of fifty one after another;
- fast_bitrix24: lists of calls, which it sends in batches of fifty of its own making, all at once as far as its
  limits let it. It has one list for each method, so all storages come before all properties.

The last two look at every property to find that there is nothing to do. None of the three reads before it writes,
or verifies. What they are given stays below every limit. The largest size is ours alone: it takes many times the
operating time of one window, about six minutes to create.

Requests are what the portal counted. Seconds are of the work: libraries are imported by then. CPU seconds and memory
are of the contestant's process, which imports only what it needs, from its start to its end; the portal is another
process. The bound is computed, see `bound.py`.
"""
