"""The page that people look at: one self-contained HTML file a day and account, and its rows as CSV."""
