"""The practices P1 to P18 (PLAYBOOK.md section 1), each on a real row: the row before, and what it shows after."""

from __future__ import annotations

from datetime import date
from textwrap import dedent

from sheetsync.config import load_playbook
from sheetsync.core.model import FollowUp
from sheetsync.core.values import say_date
from sheetsync.playbook.messages import read_template, render
from tests.playbook.rows import plan

BOOK = load_playbook()
TODAY = "2026-11-20"  # a Friday


def after(found: FollowUp) -> str:
    return f"{found.status} | {found.due or ''} | {found.step}"


def shows(before: str, expected: str, today: str = TODAY) -> None:
    """Each row of the table `before` shows the line of `expected` that stands at its place: status, day, step."""
    lines = [" | ".join(part.strip() for part in line.split("|")) for line in dedent(expected).strip().splitlines()]
    assert [after(found) for found in plan(BOOK, dedent(before), today)] == lines


def why(before: str, today: str = TODAY) -> str:
    [found] = plan(BOOK, dedent(before), today)
    return found.why


def message(rule: str, **values: object) -> str:
    """Subject and text of the message of a rule, for a customer of whom this is known."""
    [name] = [one.message for one in BOOK.rules if one.name == rule]
    assert name is not None
    known = {name.replace("_", " "): value for name, value in values.items()}
    made = render(read_template(name, BOOK.messages[name]), {"Name": "Susan Ortiz", "signature": "Ana, Juniper Lane", **known})
    return f"{made.kind}: {made.subject}\n{made.body}"


COMPLAINT = "Name | Last contact | Complaint | Complaint date | Complaint called | Complaint resolved\n"


def test_p01_complaint_is_phoned_the_next_business_day() -> None:
    complained = COMPLAINT + "Susan Ortiz | 2026-11-02 | Wrong inscription | 2026-11-20 | |"
    shows(complained, "Soon | 2026-11-23 | Phone Susan Ortiz: apologise, agree the fix")
    shows(complained, "Due | 2026-11-23 | Phone Susan Ortiz: apologise, agree the fix", "2026-11-23")
    shows(complained, "Overdue | 2026-11-23 | Phone Susan Ortiz: apologise, agree the fix", "2026-11-25")
    script = message("Complaint: phone first", Complaint="Wrong inscription")
    assert script.startswith("phone: ")
    assert "Wrong inscription" in script
    assert "That was my advice, and it was wrong for you" in script


def test_p01_a_complaint_open_for_three_business_days_is_made_good_with_a_credit() -> None:
    called = COMPLAINT + "Susan Ortiz | 2026-11-18 | Wrong inscription | 2026-11-17 | 2026-11-18 |"
    shows(called, "Due | 2026-11-20 | Phone Susan Ortiz again: offer a credit, agree by when it is solved")
    assert "credit you part of what you paid" in message("Complaint: make it good")


def test_p01_a_week_after_it_was_resolved_the_outcome_is_checked() -> None:
    resolved = COMPLAINT + "Susan Ortiz | 2026-11-13 | Wrong inscription | 2026-11-10 | 2026-11-11 | 2026-11-13"
    step = "Phone Susan Ortiz: did it turn out well? Then add a rule so that it can't happen again"
    shows(resolved, f"Due | 2026-11-20 | {step}")
    shows(resolved.replace("2026-11-13 |", "2026-11-20 |", 1), "Scheduled | 2026-11-27 | Write to Susan Ortiz: how are things now?")


def test_p02_two_weeks_after_a_purchase_we_ask_how_it_went() -> None:
    bought = "Name | Last contact | Last purchase\nNg | 2026-11-06 | 2026-11-06"
    shows(bought, "Due | 2026-11-20 | Ask Ng how it went with the last purchase")
    shows(bought.replace("2026-11-06 |", "2026-11-19 |"), "Scheduled | 2027-05-19 | Write to Ng: how is it going, can we help?")
    assert "How did it go?" in message("How did it go?", Last_purchase=date(2026, 11, 6))


def test_p03_nobody_is_invisible_the_best_hear_from_us_most_and_everybody_twice_a_year() -> None:
    shows("""
        Name  | Tier | Last contact
        Ada   | A    | 2026-10-20
        Ben   | B    | 2026-08-20
        Cleo  | C    | 2026-05-20
        Dora  |      | 2026-05-20
        Eva   | A    |
        Finn  | C    | 2026-04-01
    """, """
        Due             | 2026-11-20 | Call Ada: how is it going?
        Due             | 2026-11-20 | Call or write to Ben: how is it going?
        Due             | 2026-11-20 | Write to Cleo: how is it going, can we help?
        Due             | 2026-11-20 | Write to Dora: how is it going, can we help?
        Never contacted |            | Call Eva: how is it going?
        Overdue         | 2026-10-01 | Write to Finn: how is it going, can we help?
    """)


def test_p03_a_customer_quiet_for_twice_the_usual_time_is_asked_whether_something_is_wrong() -> None:
    shows("""
        Name | Last contact | Last purchase | Usual gap
        Ada  | 2026-10-20   | 2026-10-30    | 7
        Ben  | 2026-10-20   | 2026-09-20    | monthly
        Cleo | 2026-10-20   | 2026-11-06    | monthly
        Dora | 2026-10-20   | 2026-10-30    | 90
    """, """
        Due       | 2026-11-13 | Ask Ada how it went with the last purchase
        Due       | 2026-11-20 | Unusually quiet: ask Ben whether something is wrong
        Due       | 2026-11-20 | Ask Cleo how it went with the last purchase
        Due       | 2026-11-13 | Ask Dora how it went with the last purchase
    """)
    # First comes the question how it went, where nobody has asked; asked, and still nothing bought:
    shows("""
        Name | Last contact | Last purchase | Usual gap
        Ada  | 2026-11-13   | 2026-10-30    | 7
        Ben  | 2026-10-05   | 2026-09-20    | monthly
        Cleo | 2026-11-13   | 2026-10-30    | monthly
        Dora | 2026-11-13   | 2026-10-30    | 90
    """, """
        Due       | 2026-11-20 | Unusually quiet: ask Ada whether something is wrong
        Due       | 2026-11-20 | Unusually quiet: ask Ben whether something is wrong
        Scheduled | 2026-12-30 | Unusually quiet: ask Cleo whether something is wrong
        Scheduled | 2027-04-30 | Unusually quiet: ask Dora whether something is wrong
    """)


def test_p04_a_complaint_outranks_everything_else() -> None:
    row = """
        Name  | Tier | Last contact | Complaint | Complaint date | Complaint resolved | Promise | Promise due | Promise kept
        Susan | A    | 2026-08-01   | Late      | 2026-11-19     |                    | Call    | 2026-11-04  |
    """
    shows(row, "Overdue | 2026-11-20 | Phone Susan: apologise, agree the fix")
    assert "also: Keep in touch, tier A, due 1 Sep 2026, " in why(row)
    assert "Promise: keep it, due 3 Nov 2026" in why(row)
    assert "I am sorry. That should not have happened, and I want to put it right." in message("Complaint: phone first")


def test_p05_after_a_resolved_complaint_the_next_step_asks_for_a_rule_of_our_own() -> None:
    head = "Name | Last contact | Complaint | Complaint resolved | Lesson learned\n"
    resolved = head + "Susan | 2026-11-18 | Wrong inscription | 2026-11-18 |"
    shows(resolved, "Due | 2026-11-20 | Add a rule so that this can't happen again: Wrong inscription. Then date Lesson learned")
    shows(resolved.removesuffix("|") + "| 2026-11-20",
          "Soon | 2026-11-25 | Phone Susan: did it turn out well? Then add a rule so that it can't happen again", "2026-11-23")


def test_p06_fit_is_decided_within_two_business_days_and_who_does_not_fit_is_referred_on() -> None:
    shows("""
        Name | Stage    | Last contact | Enquiry date | Fit | Fit decided | Referred on
        Ada  | Prospect | 2026-11-18   | 2026-11-18   |     |             |
        Ben  | Prospect | 2026-11-18   | 2026-11-16   | no  | 2026-11-18  |
        Cleo | Prospect | 2026-11-18   | 2026-11-16   | no  | 2026-11-18  | 2026-11-19
        Dora | Prospect | 2026-11-18   | 2026-11-16   | yes | 2026-11-18  |
    """, """
        Due         | 2026-11-20 | Decide whether we can serve Ada well: Fit yes or no
        Due         | 2026-11-20 | Send Ben on to somebody who serves them well
        Referred on |            |
        Scheduled   | 2027-05-18 | Write to Dora: how is it going, can we help?
    """)
    assert "You would be better served by" in message("Fit: refer on")


def test_p07_no_spam_do_not_contact_outranks_all_and_nobody_hears_from_us_two_days_running() -> None:
    shows("""
        Name | Tier | Last contact | Consent | Paused until | Complaint | Complaint date | Complaint resolved
        Ada  | A    | 2026-01-01   | no      |              | Late      | 2026-11-19     |
        Ben  | A    | 2026-01-01   | yes     | 2027-01-11   |           |                |
    """, """
        Do not contact |            |
        Paused         | 2027-01-11 |
    """)
    bought = "Name | Last contact | Last purchase | Last review\nAda | 2026-11-19 | 2026-10-01 | 2025-11-20"
    shows(bought, "Soon | 2026-11-23 | Arrange the annual review with Ada")
    assert "moved to 23 Nov 2026 (min_gap)" in why(bought)
    assert BOOK.max_per_day == 15


def test_p08_a_promise_is_due_the_business_day_before_and_outranks_the_cadence() -> None:
    head = "Name | Tier | Last contact | Promise | Promise due | Promise kept\n"
    shows(head + "Ada | A | 2026-10-01 | Tasting box | 2026-11-23 |",
          "Overdue | 2026-11-20 | Make sure that Ada gets what we promised: Tasting box")
    shows(head + "Ada | A | 2026-11-01 | Tasting box | 2026-11-23 |",
          "Due | 2026-11-20 | Make sure that Ada gets what we promised: Tasting box")
    shows(head + "Ada | A | 2026-11-01 | Tasting box | 2026-11-23 | 2026-11-12", "Scheduled | 2026-12-01 | Call Ada: how is it going?")


ENDING = "Name | Stage | Last contact | Winding down since | Balance settled | Work finished | Contract end | "
ENDING += "Contract ended | Closing letter\n"


def test_p09_a_relationship_is_ended_in_order_from_the_balance_to_the_closing_letter() -> None:
    shows(ENDING + """\
        Ada  | Winding down | 2026-11-01 | 2026-11-17 |            |            |            |            |
        Ben  | Winding down | 2026-11-01 | 2026-11-01 | 2026-11-13 |            |            |            |
        Cleo | Winding down | 2026-11-01 | 2026-10-01 | 2026-10-05 | 2026-11-10 | 2026-11-20 |            |
        Dora | Winding down | 2026-11-01 | 2026-10-01 | 2026-10-05 | 2026-10-10 | 2026-11-18 | 2026-11-18 |
        Eva  | Winding down | 2025-01-01 | 2026-10-01 | 2026-10-05 | 2026-10-10 | 2026-11-18 | 2026-11-18 | 2026-11-19
        Finn | Winding down | 2026-11-01 | 2026-10-01 | 2026-10-05 | 2026-10-10 | 2027-03-31 |            |
    """, """
        Due          | 2026-11-20 | Settle the balance with Ada
        Due          | 2026-11-20 | Finish what is still open for Ben, promise nothing new
        Due          | 2026-11-20 | End the contract with Cleo in writing
        Due          | 2026-11-20 | Send Dora the closing letter: thanks, and no door slammed
        Ended        |            |
        Winding down |            |
    """)
    letter = message("Ending: closing letter", Customer_since=date(2021, 3, 6))
    assert letter.startswith("letter: Thank you, and all the best")
    assert "You came to us on 6 March 2021." in letter


def test_p10_who_wrote_is_answered_within_one_business_day() -> None:
    shows("""
        Name | Last contact | Customer wrote on
        Ada  | 2026-11-02   | 2026-11-19
        Ben  | 2026-11-02   | 2026-11-18
        Cleo | 2026-11-20   | 2026-11-19
    """, """
        Due       | 2026-11-20 | Answer Ada, who wrote on Thu 19 Nov 2026
        Overdue   | 2026-11-19 | Answer Ben, who wrote on Wed 18 Nov 2026
        Scheduled | 2027-05-20 | Write to Cleo: how is it going, can we help?
    """)


def test_p11_what_was_said_on_the_phone_is_confirmed_in_writing_the_next_business_day() -> None:
    head = "Name | Last contact | Recap | Recap sent\n"
    shows(head + "Ada | 2026-11-19 | needed |", "Due | 2026-11-20 | Confirm to Ada in writing what you agreed")
    shows(head + "Ada | 2026-11-19 | needed | 2026-11-20", "Scheduled | 2027-05-19 | Write to Ada: how is it going, can we help?")
    assert message("Recap in writing", Last_contact=date(2026, 11, 19)).startswith("e-mail: What we agreed on 19 November 2026\n")


def test_p12_once_a_year_we_sit_down_together_and_the_renewal_is_talked_over_60_days_before() -> None:
    shows("""
        Name | Last contact | Customer since | Last review | Contract end
        Ada  | 2026-09-02   | 2020-01-01     | 2025-11-20  |
        Ben  | 2026-09-02   | 2025-11-20     |             |
        Cleo | 2026-09-02   | 2020-01-01     | 2026-06-01  | 2027-01-19
    """, """
        Due | 2026-11-20 | Arrange the annual review with Ada
        Due | 2026-11-20 | Arrange the annual review with Ben
        Due | 2026-11-20 | Talk to Cleo about the renewal: changes, service, price
    """)
    assert "the way you pay suit you?" in message("Annual review")


def test_p13_who_has_to_choose_is_left_in_peace_for_a_week_and_then_offered_two_options() -> None:
    waiting = "Name | Last contact | Waiting on | Waiting since\nAda | 2026-11-13 | customer | 2026-11-13"
    shows(waiting, "Waiting | 2026-11-20 |", "2026-11-19")
    shows(waiting, "Due | 2026-11-20 | Offer Ada two options, ask which one. What do they really need?")
    assert "I see two good ways" in message("Offer two options")


def test_p14_two_and_six_weeks_after_a_conflict_we_look_after_the_relationship() -> None:
    shows("""
        Name | Last contact | Complaint | Complaint resolved
        Ada  | 2026-11-12   | Late      | 2026-11-06
        Ben  | 2026-10-20   | Late      | 2026-10-06
    """, """
        Due  | 2026-11-20 | Write to Ada: how are things now?
        Due  | 2026-11-20 | Call Ben, about anything but the complaint
    """)


def test_p15_new_customers_are_walked_through_four_steps() -> None:
    shows("""
        Name | Last contact | Customer since | Welcome step
        Ada  | 2026-11-17   | 2026-11-19     |
        Ben  | 2026-11-17   | 2026-11-13     | 1
        Cleo | 2026-11-17   | 2026-10-30     | 2
        Dora | 2026-11-17   | 2026-10-09     | 3
        Eva  | 2026-11-17   | 2026-09-01     | 4
    """, """
        Due       | 2026-11-20 | Thank Ada for the first order, say what happens next
        Due       | 2026-11-20 | Show Ben how to get the most from it
        Due       | 2026-11-20 | Call Cleo: any questions so far?
        Due       | 2026-11-20 | Ask Dora what would help most in the coming months
        Scheduled | 2027-05-17 | Write to Eva: how is it going, can we help?
    """)


def test_p15_an_invoice_is_reminded_of_before_and_after_it_is_due() -> None:
    shows("""
        Name | Last contact | Payment due | Paid on
        Ada  | 2026-11-02   | 2026-11-23  |
        Ben  | 2026-11-02   | 2026-11-17  |
        Cleo | 2026-11-05   | 2026-10-30  |
        Dora | 2026-11-02   | 2026-11-17  | 2026-11-16
    """, """
        Due       | 2026-11-20 | Remind Ada kindly: payment is due on Mon 23 Nov 2026
        Overdue   | 2026-11-20 | Write to Ben: payment was due on Tue 17 Nov 2026, is something wrong?
        Due       | 2026-11-20 | Phone Cleo: agree a day for the payment
        Scheduled | 2027-05-03 | Write to Dora: how is it going, can we help?
    """)


def test_p16_an_unusual_request_is_decided_and_answered_within_three_business_days() -> None:
    shows("""
        Name | Last contact | Request       | Request date | Request decision | Request answered
        Ada  | 2026-11-17   | Cake by train | 2026-11-17   |                  |
        Ben  | 2026-11-17   | Cake by train | 2026-11-17   | yes              |
        Cleo | 2026-11-17   | Cake by train | 2026-11-17   | no               |
        Dora | 2026-11-17   | Cake by train | 2026-11-17   | yes              | 2026-11-18
    """, """
        Due       | 2026-11-20 | Decide whether we can do this for Ada: Cake by train
        Due       | 2026-11-20 | Tell Ben that we can do it: Cake by train
        Due       | 2026-11-20 | Tell Cleo kindly that we can't, and who can: Cake by train
        Scheduled | 2027-05-17 | Write to Dora: how is it going, can we help?
    """)
    assert "The answer is yes" in message("Request: say yes", Request="Cake by train")
    assert "I have to say no" in message("Request: say no", Request="Cake by train")


def test_p17_tough_customers_are_handled_with_care_and_never_on_the_weeks_last_open_day() -> None:
    row = """
        Name | Tier | Last contact | Handle with care
        Ada  | A    | 2026-10-20   | yes
        Ben  | A    | 2026-10-20   |
        Cleo | A    | 2026-10-19   | yes
    """
    note = " · With care: stay calm and kind, let them finish"
    shows(row, f"""
        Soon    | 2026-11-23 | Call Ada: how is it going?{note}
        Due     | 2026-11-20 | Call Ben: how is it going?
        Due     | 2026-11-19 | Call Cleo: how is it going?{note}
    """)
    [ada, *_] = plan(BOOK, dedent(row), TODAY)
    assert ada.why.endswith("moved to Mon 23 Nov 2026: with care, not on the week's last open day")
    calm = render(read_template("with-care.md.j2", BOOK.messages["with-care.md.j2"]), {"Name": "Ada"})
    assert calm.kind == "note"
    assert "Let them finish." in calm.body


def test_p18_what_the_standards_count_is_the_same_for_every_customer() -> None:
    """The standards page counts, for each rule, what fell due: the same words and days for whoever fits it."""
    rows = "".join(f"{name} | {wrote}\n" for name, wrote in (("Ada", "2026-11-19"), ("Ben", "2026-11-19"), ("Cleo", "2026-11-19")))
    found = plan(BOOK, "Name | Customer wrote on\n" + rows, TODAY)
    assert {(one.rule, one.due) for one in found} == {("Answer them", date(2026, 11, 20))}
    assert {one.why for one in found} == {found[0].why}
    assert found[0].why.startswith(f"Answer them, 1 business day after Customer wrote on ({say_date(date(2026, 11, 19))})")
