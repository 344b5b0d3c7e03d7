"""People to call: campaign files, contact lists, leads and their states."""
