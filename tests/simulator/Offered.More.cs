using System.Globalization;

namespace OpsMonitor.Simulator;

// What a scene adds: departments, agents, surveys, and customers who call again.
public sealed partial class Offered
{
    private void More(Scene scene)
    {
        if (scene.Dispatches) for (var n = 1 + _dice.Below(3); n > 0; n--) Dispatched($"ticket/D-{n}", n);
        if (scene.Surveys) for (var n = 1 + _dice.Below(3); n > 0; n--) Surveyed(n);
        if (scene.Agents) for (var n = 1 + _dice.Below(2); n > 0; n--) Agent($"agent/a-{n}");
        if (scene.Callers) for (var n = 3 + _dice.Below(5); n > 0; n--) Contact($"contact/R-{n}");
    }

    private void Dispatched(string who, int number)
    {
        Ticket(who);
        var created = _planned.FindLast(p => p.Event.Type == "ticket.created" && p.Event.Subject.ToString() == who).Event;
        if (created is null) return; // so far ahead that nobody would take it
        for (var n = 1 + _dice.Below(3); n > 0; n--)
        {
            var (id, at) = ($"D-{number}-{n}", created.At + _dice.Between(1, 120_000));
            var due = at + (_dice.Chance(300) ? _dice.Between(20_000, 150_000) : House.AnswerMs);
            var named = due - at == House.AnswerMs ? "" : $",\"due_at\":\"{Iso(due)}\"";
            Add("ticket.dispatched", who, at, $$"""{"dispatch_id":"{{id}}","department_id":"{{_dice.Of(Departments)}}","role":"{{_dice.Of("lead", "assist", "assist")}}"{{named}}}""");
            if (_dice.Chance(600)) Add("ticket.dispatch_answered", who, Math.Max(at + 1, Around(due)), $$"""{"dispatch_id":"{{id}}"}""");
            if (_dice.Chance(200)) Add("ticket.dispatch_returned", who, Math.Max(at + 1, Around(due)), $$"""{"dispatch_id":"{{id}}","reason_code":"not_ours"}""");
        }
    }

    private void Surveyed(int number)
    {
        var (ticket, survey) = ($"ticket/S-{number}", $"survey/V-{number}");
        var at = _dice.Between(_from, _to - 60_000);
        Add("ticket.created", ticket, at, """{"kind":"complaint","channel":"phone","priority":4}""", _dice.Of(Departments));
        var sent = at + _dice.Between(1, 60_000);
        var (first, second) = _dice.Below(3) switch { 0 => (true, true), 1 => (true, false), _ => (false, true) };
        string Target(bool named) => named ? $",\"target\":\"{ticket}\"" : "";
        Add("survey.sent", survey, sent, $$"""{"method":"sms","target":"{{ticket}}"}""");
        if (_dice.Chance(700)) Add("survey.responded", survey, Math.Max(sent + 1, Around(sent + House.FollowUpMs)), $$"""{"valid":true{{Target(first)}}}""");
        if (_dice.Chance(200)) Add("survey.responded", survey, Math.Max(sent + 1, Around(sent + House.FollowUpMs)), $$"""{"valid":false{{Target(second)}}}""");
    }

    private void Agent(string who)
    {
        for (var n = 2 + _dice.Below(6); n > 0; n--)
            Add("agent.state_changed", who, _dice.Between(_from, _to), string.Create(CultureInfo.InvariantCulture, $$"""{"state":"{{_dice.Of("available", "busy", "break")}}"}"""), _dice.Of(Departments));
    }
}
