"""A month of a call centre in virtual time: its house, crontab and floor, and an auditor who trusts none of them."""
