"""What is asked of a page that a browser shows."""


def find_violations(window, axe):
    """Let axe-core look for what screen readers stumble over; each finding with up to three of its places."""
    window.execute_script(axe)
    script = "const done = arguments[0]; axe.run(document, {resultTypes: ['violations']}).then(done);"
    violations = window.execute_async_script(script)["violations"]
    return [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in violations]
