"""The live floor: several campaigns, one carrier account, agents at their desks, one process.

`floor` runs the campaigns, `desks` the agents' sessions, `screen` says what an agent sees of a call, `carriers`
chooses who carries the calls, `reconcile` asks the carrier what became of the calls that a crash left behind.
"""
