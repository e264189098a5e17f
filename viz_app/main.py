"""The page script, which Streamlit runs at every visit and click: the language, the frame, and the way to the pages."""

import streamlit as st

from viz_app.pages import frame
from viz_app.pages.bugs.page import bugs_page
from viz_app.pages.film import film_page
from viz_app.pages.inside import inside_page
from viz_app.pages.lab.page import lab_page
from viz_app.pages.ladder.page import ladder_page
from viz_app.pages.step.page import step_page
from viz_app.pages.train.page import train_page
from viz_app.pages.truth.page import truth_page
from viz_app.session import heavy, models, state
from viz_app.session.pool import PoolError
from viz_app.text.i18n import translator
from viz_app.text.messages import say, show_failures
from viz_app.text.page_titles import page_titles

_ = translator(state.requested().lang)
with show_failures(_):
    titles = page_titles(_)
    pages = [
        st.Page(step_page, title=titles[""], default=True),
        st.Page(inside_page, title=titles["inside"], url_path="inside"),
        st.Page(truth_page, title=titles["truth"], url_path="truth"),
        st.Page(lab_page, title=titles["lab"], url_path="lab"),
        st.Page(ladder_page, title=titles["ladder"], url_path="ladder"),
        st.Page(film_page, title=titles["film"], url_path="film"),
        st.Page(train_page, title=titles["train"], url_path="train"),
        st.Page(bugs_page, title=titles["bugs"], url_path="bugs"),
    ]
    page = st.navigation(pages, position="hidden")
    frame.set_up(page, _)
    frame.head(pages, page, _)
    try:
        page.run()
    except models.GoneModelError:
        # Deleted while the page was drawn: drawn again, it says so.
        st.rerun()
    except PoolError as error:
        say(heavy.trouble_sentence(error, _), "error", "not_computed")
