"""What readers get: records in; text, results.json, a page and drawings out. Nothing here judges or gives marks."""
