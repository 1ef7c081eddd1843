import numpy as np

# 18 = score, 19 = parts_num


def merge(subset, min_num_body_parts=4, min_score=0.4, debug=False):
	left = [list(row) for row in subset]
	left.sort(key=lambda row: row[18], reverse=True)
	people = []
	while left:
		person = left.pop(0)
		grown = True
		while grown:
			grown = False
			still_left = []
			for row in left:
				common = [k for k in range(18) if row[k] != -1 and row[k] == person[k]]
				if not common:
					still_left.append(row)
					continue
				# from here on the row is either ours or nobody's
				if all(row[k] == -1 or person[k] in (-1, row[k]) for k in range(18)):
					for k in range(18):
						if row[k] != -1:
							person[k] = row[k]
					person[18] = person[18] + row[18]
					grown = True
			left = still_left
		person[19] = 18 - person[:18].count(-1)
		if debug:
			print(person)
		people.append(person)
	people = [p for p in people if not (p[19] < min_num_body_parts or p[18] / p[19] < min_score)]
	return np.array(people)
