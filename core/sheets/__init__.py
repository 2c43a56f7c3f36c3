"""Sheets: one prompt, many inputs, every lane, with checks and honest statistics.

- `sheet.py`: `Sheet` (prompt and lanes as a `Workspace`, columns, rows, checks, samples) and `Row`;
  `check_sheet` bounds what comes from outside. `check.py`: `Check`.
- `row_changes.py`: edits of rows. `row_images.py`: bounds of their images, and ZIP files of these.
- `sheet_json.py`: a sheet as JSON, and as the YAML that the command line reads.
- `row_files.py`: `read_rows` for what is pasted or uploaded.
- `plan.py`: `Plan` gives each `Place` (row, lane, sample) its `Request` and the key of its answer.
  A place has an answer where the journal knows its key: what is edited runs again, and what is
  edited back does not.
- `cell.py`, `journal.py`: `Cell`, an answer as it is kept; `Journal`, where it is kept first.
- `runner.py`: `SheetRun(engine, plan, journal)`: `start`, `pause`, `resume`, `stop`, `progress`.
- `checking.py`: `evaluate(plan, cells)` checks answers without running anything; an `Outcome` for
  each check of each place.
- `results.py`: `results(plan, cells, outcomes)` gives a `LaneResult` for each lane, and a
  `Comparison` of each other lane with the first. `statistics.py`: the formulas.
- `review.py`: an `Item` of a blind review and a `Judgement` of it; `review_journal.py` keeps these,
  `review_results.py` says what they come to; `review_links.py` opens it for other users.
- `store.py`: `SheetStore`, the sheets of a data folder. `export.py`: files for others.
"""
