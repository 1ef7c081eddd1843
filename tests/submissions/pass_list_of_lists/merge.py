def merge(subset, min_num_body_parts=4, min_score=0.4):
    """No numpy needed. The row with the higher score wins a conflict."""
    rows = sorted(([float(v) for v in row] for row in subset), key=lambda row: -row[18])
    person_of = {}
    for row in rows:
        a, b = [(k, v) for k, v in enumerate(row[:18]) if v >= 0]
        pa = person_of.setdefault(a, {"parts": {a[0]: a[1]}, "score": 0.0, "rows": 0})
        pb = person_of.setdefault(b, {"parts": {b[0]: b[1]}, "score": 0.0, "rows": 0})
        if pa is not pb:
            if set(pa["parts"]) & set(pb["parts"]):
                continue
            pa["parts"].update(pb["parts"])
            pa["score"] += pb["score"]
            pa["rows"] += pb["rows"]
            for key in pb["parts"].items():
                person_of[key] = pa
        pa["score"] += row[18]
        pa["rows"] += 1

    answer = []
    seen = set()
    for person in person_of.values():
        if id(person) in seen:
            continue
        seen.add(id(person))
        n = len(person["parts"])
        if person["rows"] and n >= min_num_body_parts and person["score"] / n >= min_score:
            ids = [person["parts"].get(k, -1) for k in range(18)]
            answer.append(ids + [person["score"], n])
    return answer
