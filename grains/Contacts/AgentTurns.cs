using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Contacts;

/// <summary>One agent's part of a contact, from the answer on. Times in ms; null while it goes on.</summary>
internal sealed class AgentTurn(string agent, string? queue, string? department, long answeredAt)
{
    public string Agent => agent;
    public string? Queue => queue;
    public string? Department => department;
    public long AnsweredAt => answeredAt;
    public long? EndedAt { get; set; }
    public long? TalkMs { get; set; }
    public long AcwMs { get; set; }
    public long? WrappedUpAt { get; set; }
}

/// <summary>Who was busy with a contact, and when. The contact is with one agent at a time: the next answer ends the turn before.</summary>
internal sealed class AgentTurns
{
    private readonly List<(string Agent, long From, long To)> _rings = [];

    public List<AgentTurn> Turns { get; } = [];

    private AgentTurn? Last => Turns.Count > 0 ? Turns[^1] : null;

    public void Ring(long at, string agent) => _rings.Add((agent, at, long.MaxValue));

    public void Miss(long at, ContactOfferMissed d)
    {
        for (var i = _rings.Count - 1; i >= 0; i--)
        {
            if (_rings[i] is not { To: long.MaxValue } ring || ring.Agent != d.AgentId) continue;
            _rings[i] = ring with { To = at };
            return;
        }
        if (d.RingS is { } s) _rings.Add((d.AgentId, at - Times.Ms(s), at)); // told afterwards only
    }

    public void Silence(long at)
    {
        for (var i = 0; i < _rings.Count; i++)
            if (_rings[i].To == long.MaxValue) _rings[i] = _rings[i] with { To = at };
    }

    public void Answer(long at, string agent, string? queue, string? department)
    {
        Silence(at);
        if (Last is { EndedAt: null } open)
        {
            if (open.Agent == agent) return;
            End(open, at);
        }
        Turns.Add(new(agent, queue, department, at));
    }

    public void Transfer(long at, ContactTransferred d)
    {
        // After a consultation both talk on for a while; who passes a call on blindly is rid of it.
        if (d.Mode == TransferMode.Blind && Last is { EndedAt: null } open && (d.FromAgent is null || d.FromAgent == open.Agent)) End(open, at);
    }

    public void Disconnect(long at, ContactDisconnected d)
    {
        Silence(at);
        if (Last is not { } last) return;
        if (last.EndedAt is null) End(last, at);
        if (d.TalkS is { } talk) last.TalkMs = Times.Ms(talk);
        else if (d.HoldS is { } hold) last.TalkMs = Math.Max(0, last.TalkMs!.Value - Times.Ms(hold));
    }

    public void WrapUp(long at, ContactWrapupCompleted d)
    {
        for (var i = Turns.Count - 1; i >= 0; i--)
        {
            if (Turns[i].Agent != d.AgentId) continue;
            Turns[i].AcwMs += Times.Ms(d.AcwS ?? 0);
            if (Turns[i].EndedAt is { } ended) Turns[i].WrappedUpAt ??= d.AcwS is { } s ? ended + Times.Ms(s) : at;
            return;
        }
    }

    private const long Hour = 3_600_000;
    private const int MostHours = 400 * 24;

    /// <summary>What agents were busy with, cut at the hours: an hour of an agent is judged by itself.</summary>
    /// <param name="lostAt">when the contact was given up as lost; null while it is not</param>
    public IReadOnlyList<AgentWork> Work(long? lostAt, Judgement j)
    {
        if (Turns.Count == 0 && _rings.Count == 0) return [];
        var work = new List<AgentWork>();
        void Add(string agent, long from, long to, AgentDuty duty)
        {
            for (var hours = 0; from < to && hours < MostHours && j.Reached(from); hours++)
            {
                var end = from - (((from % Hour) + Hour) % Hour) + Hour;
                if (to <= end || !j.Reached(end)) { work.Add(new(agent, from, to, duty)); return; }
                work.Add(new(agent, from, end, duty));
                from = end;
            }
        }
        foreach (var turn in Turns)
        {
            Add(turn.Agent, turn.AnsweredAt, turn.EndedAt ?? lostAt ?? long.MaxValue, AgentDuty.Contact);
            if (turn.EndedAt is { } ended && turn.WrappedUpAt is { } wrapped) Add(turn.Agent, ended, wrapped, AgentDuty.Wrapup);
        }
        foreach (var ring in _rings) Add(ring.Agent, ring.From, ring.To == long.MaxValue ? lostAt ?? ring.To : ring.To, AgentDuty.Ringing);
        return work;
    }

    private static void End(AgentTurn turn, long at) => (turn.EndedAt, turn.TalkMs) = (at, Math.Max(0, at - turn.AnsweredAt));
}
