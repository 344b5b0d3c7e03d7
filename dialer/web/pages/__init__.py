"""The pages people work with in a browser: the agents' desk, the supervisors' board, the compliance desk.

Every page is a template of this package, its own stylesheet and small ES modules: nothing is fetched from elsewhere
and nothing needs to be built. No script and no style stands inside a page (the content security policy refuses them).

`texts` reads the catalogues, `rendering` the templates, `office` signs people in, `desk`, `board` and `compliance`
are the pages.
"""
