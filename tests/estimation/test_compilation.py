"""Compiled functions, with and without a place for their machine code."""

import numpy as np

from estimation.compilation import compiled


def add_one(number):
    return number + 1


def test_compiled_function_works_when_no_cache_can_be_written(monkeypatch):
    # Numba asks its locators for a folder in turn; without any it refuses to cache, as on a read-only machine.
    monkeypatch.setattr("numba.core.caching.CacheImpl._locator_classes", [])
    assert compiled(add_one)(2) == 3


def test_compiled_function_keeps_its_machine_code(monkeypatch, tmp_path):
    monkeypatch.setattr("numba.core.config.CACHE_DIR", str(tmp_path))
    assert compiled(add_one)(2) == 3
    assert list(tmp_path.rglob("*.nbc"))


def test_compiled_arithmetic_is_not_fused():
    # With a fused multiply-add the product would keep the last bits that plain float64 rounds away.
    def multiply_add(a, b, c):
        return a * b + c

    a = 1.0 + 2.0**-30
    assert compiled(multiply_add)(a, a, -1.0) == a * a - 1.0
    assert compiled(multiply_add)(np.float64(a), a, -(a * a)) == 0.0
