"""What a worker's process loads at its start is looked through for garbage no more."""

import gc

from config import garbage


def test_what_was_loaded_is_left_out_of_later_looks_for_garbage() -> None:
    loaded = len(gc.get_objects())
    try:
        garbage.leave_out_what_is_loaded()
        assert gc.get_freeze_count() > loaded / 2
        assert len(gc.get_objects()) < loaded / 10
    finally:
        gc.unfreeze()
    assert gc.get_freeze_count() == 0
