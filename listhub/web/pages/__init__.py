"""The pages, one module for each kind; `listhub/web/table.py` names them all."""
