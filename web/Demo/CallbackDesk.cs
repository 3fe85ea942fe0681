using System.Globalization;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Web.Demo;

/// <summary>Promises to call back: about 91 % are attempted inside the promised time, fewer by a department that has its bad half hour.</summary>
internal sealed class CallbackDesk(Agenda agenda, Dice dice, EventLog log, Weather weather)
{
    private int _count;

    /// <summary>Promises a call at <paramref name="due"/> (Unix ms) and plans how it is kept. Returns the callback's id.</summary>
    public string Promise(CallbackKind kind, long due, Caller caller, string? contact, string? ticket)
    {
        var id = $"cb-{(++_count).ToString(CultureInfo.InvariantCulture)}";
        var department = caller.Department.Id;
        var window = kind == CallbackKind.Scheduled;
        log.Callback(id, new CallbackPromised(
            kind,
            window ? null : EventLog.Rfc3339(due),
            window ? EventLog.Rfc3339(due - 45 * Scenario.Minute) : null,
            window ? EventLog.Rfc3339(due) : null,
            ticket, contact, caller.Ref, department, Owner(department), caller.Queue == "vip" ? 1 : 3), department);
        var before = Math.Min(dice.Minutes(1, 26), (due - agenda.Now) / 2);
        var late = dice.Chance(0.075);
        agenda.At(due - before, () =>
        {
            if (late || (weather.IsBad(department) && dice.Chance(0.35))) agenda.At(due + dice.Minutes(2, 40), () => Attempt(id, department, 1));
            else Attempt(id, department, 1);
        });
        return id;
    }

    public string Owner(string department) => $"{department}-{(1 + dice.Below(3)).ToString(CultureInfo.InvariantCulture)}";

    private void Attempt(string id, string department, int attempt)
    {
        var outcome = dice.Weighted(0.8, 0.12, 0.05, 0.03) switch
        {
            0 => AttemptOutcome.Reached,
            1 => AttemptOutcome.NoAnswer,
            2 => AttemptOutcome.Busy,
            _ => AttemptOutcome.Voicemail,
        };
        log.Callback(id, new CallbackAttempted(attempt, outcome, EventLog.Rfc3339(agenda.Now), Owner(department)));
        if (outcome == AttemptOutcome.Reached) agenda.In(dice.Minutes(1, 5), () => log.Callback(id, new CallbackFulfilled(attempt)));
        else if (attempt < 4) agenda.In(dice.Minutes(6, 20), () => Attempt(id, department, attempt + 1));
        else agenda.In(Scenario.Minute, () => log.Callback(id, new CallbackExhausted(attempt, "sms")));
    }
}
