# -*- coding: utf-8 -*-
import numpy as np

# 合併屬於同一個人的連接
# 想法:一個一個拿出來,跟已經有的人比較,有相同的 id 就合併
def merge(subset, min_num_body_parts=4, min_score=0.4):
    print("合併前:", len(subset))
    people = []   # 每一個人: 20 個數字
    for i in range(len(subset)):
        row = [float(x) for x in subset[i]]
        # 只看這一列有的部位
        idx = []
        for j in range(18):
            if row[j] != -1:
                idx.append(j)

        # 找出有共同 keypoint 的人
        same = []
        for p in range(len(people)):
            for j in idx:
                if people[p][j] == row[j]:
                    same.append(p)
                    break

        if len(same) == 0:
            people.append(row)
            continue

        # 檢查衝突:同一個部位有兩個不同的 id
        conflict = False
        new_row = row[:]
        for p in same:
            for j in range(18):
                if people[p][j] != -1:
                    if new_row[j] == -1:
                        new_row[j] = people[p][j]
                    elif new_row[j] != people[p][j]:
                        conflict = True
            new_row[18] = new_row[18] + people[p][18]
        if conflict:
            print("衝突,丟掉第", i, "列")
            continue

        # 刪掉舊的,放進新的
        for p in reversed(same):
            del people[p]
        people.append(new_row)

    # 刪除部位太少或分數太低的人
    result = []
    for p in range(len(people)):
        n = 0
        for j in range(18):
            if people[p][j] != -1:
                n = n + 1
        people[p][19] = n
        if n < min_num_body_parts or people[p][18] / n < min_score:
            continue
        result.append(people[p])
    print("合併後:", len(result), "個人")
    return np.array(result)
