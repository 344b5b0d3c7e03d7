"""The law: numbers, places and time zones, registries, rules, the gate, the ledger.

The bottom floor of the house. It knows nothing of campaigns, agents, carriers or databases; whoever
wants to place a call brings the facts and gets a verdict.
"""
