"""First fit as libvirt does it: which controllers it adds and where its search puts every part.

Written from the documented behaviour of libvirt 9.0.0; what newer versions do otherwise comes from the
catalog. The outcome is a Choice: a hint for the solver, and the claim "libvirt would choose this" of
--policy libvirt. Whether it may stand is for the rules and the solver to say.
"""
