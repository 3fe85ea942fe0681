using OpsMonitor.Grains.Alerts;

namespace OpsMonitor.Web.Channels;

/// <summary>How a channel does. Times in Unix ms; null for never.</summary>
/// <param name="DisabledAt">since when nothing is sent: the receiver said that it is gone</param>
internal sealed record ChannelState(long? DisabledAt, string? DisabledWhy, long? SentAt, long? FailedAt, string? Detail);

// What was decided about recipients, how channels do, and their secrets.
internal sealed partial class LetterTable
{
    /// <summary>How many steps of the ladder have been looked at, for this raise.</summary>
    public int StepsOf(string alert, long since) => (int)(Number("SELECT steps FROM climbed WHERE alert = $1 AND since = $2", alert, since) ?? 0);

    public IReadOnlyList<Known> KnownOf(string alert)
    {
        lock (_gate)
        {
            var found = new List<Known>();
            using var r = Command("SELECT channel, contact, since, rank, at, over FROM told WHERE alert = $1 ORDER BY channel, contact", alert).ExecuteReader();
            while (r.Read())
            {
                var contact = r.GetString(1) is { Length: > 0 } id ? id : null;
                found.Add(new(r.GetString(0), contact, new(r.GetInt64(2), r.GetInt32(3), r.GetInt64(4), r.GetInt64(5) != 0), false));
            }
            return [.. found.Select(k => HeardNothing(alert, k) ? k with { HeardNothing = true, Dropped = !IsWaiting(alert, k) } : k)];
        }
    }

    /// <summary>Keeps what follows from one change: all of it, or with <see cref="Together"/> all of several.</summary>
    public void Keep(Notice notice, Plan plan)
    {
        foreach (var lane in plan.Drop) DropHeld(lane, notice.At);
        foreach (var letter in plan.Letters) Add(letter);
        foreach (var (channel, contact, told, _, _) in plan.Told)
            Run("INSERT OR REPLACE INTO told VALUES ($1, $2, $3, $4, $5, $6, $7)", notice.Alert, channel, contact ?? "", told.Since, (long)told.Rank, told.At, told.Over ? 1 : 0);
        foreach (var d in plan.Decisions)
            Run("INSERT INTO decision (alert, code, at, channel, contact, level, tells, why, until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                d.Alert, d.Code, d.At, d.Channel, d.Contact, d.Level, d.Tells ? 1 : 0, Telling.NameOf(d.Why), d.Until);
        Run("INSERT OR REPLACE INTO climbed VALUES ($1, $2, $3, $4)", notice.Alert, notice.Since, (long)plan.Steps, notice.At);
    }

    /// <summary>Whether a change has been planned already: it is taken again after a crash between planning and marking.</summary>
    public bool IsPlanned(Notice n) => Number("SELECT 1 FROM climbed WHERE alert = $1 AND at >= $2", n.Alert, n.At) is not null;

    /// <summary>Every decision about one alert, oldest first.</summary>
    public IReadOnlyList<Decision> DecisionsOf(string alert, int limit)
    {
        lock (_gate)
        {
            var found = new List<Decision>();
            using var r = Command("SELECT alert, code, at, channel, contact, level, tells, why, until FROM decision WHERE alert = $1 ORDER BY id DESC LIMIT $2", alert, (long)limit).ExecuteReader();
            while (r.Read())
                found.Add(new(r.GetString(0), r.GetString(1), r.GetInt64(2), r.GetString(3), r.IsDBNull(4) ? null : r.GetString(4), r.GetString(5), r.GetInt64(6) != 0, WhyOf(r.GetString(7)), r.IsDBNull(8) ? null : r.GetInt64(8)));
            found.Reverse();
            return found;
        }
    }

    public ChannelState StateOf(string channel)
    {
        lock (_gate)
        {
            using var r = Command("SELECT disabled_at, disabled_why, sent_at, failed_at, detail FROM channel WHERE id = $1", channel).ExecuteReader();
            return r.Read() ? new(Long(0), Text(1), Long(2), Long(3), Text(4)) : new(null, null, null, null, null);

            long? Long(int i) => r.IsDBNull(i) ? null : r.GetInt64(i);
            string? Text(int i) => r.IsDBNull(i) ? null : r.GetString(i);
        }
    }

    /// <summary>How an attempt outside the queue went.</summary>
    public void Noted(string channel, bool sent, string detail, long at)
    {
        Run("INSERT OR IGNORE INTO channel (id) VALUES ($1)", channel);
        if (sent) Run("UPDATE channel SET sent_at = $2 WHERE id = $1", channel, at);
        else Run("UPDATE channel SET failed_at = $2, detail = $3 WHERE id = $1", channel, at, detail);
    }

    /// <summary>What was put off to somebody's working hours is said now: the page shows that as well.</summary>
    public void Opened(Letter l, long at) =>
        Run("INSERT INTO decision (alert, code, at, channel, contact, level, tells, why, until) VALUES ($1, $2, $3, $4, $5, $6, 1, $7, NULL)",
            l.Notice.Alert, l.Notice.Code, at, l.Channel, l.Contact, l.Level, Telling.NameOf(l.Why));

    public IReadOnlyList<string> ChannelsThatWait()
    {
        lock (_gate)
        {
            var found = new List<string>();
            using var r = Command("SELECT DISTINCT channel FROM letter WHERE state = 'waiting'").ExecuteReader();
            while (r.Read()) found.Add(r.GetString(0));
            return found;
        }
    }

    /// <summary>Instants of a channel's last requests, ascending. A digest is one, however many letters were in it.</summary>
    public IReadOnlyList<long> RequestsSince(string channel, long since)
    {
        lock (_gate)
        {
            var found = new List<long>();
            using var r = Command("SELECT DISTINCT a.at FROM attempt AS a JOIN letter AS l ON l.id = a.letter WHERE l.channel = $1 AND a.at > $2 AND l.id > (SELECT max(id) - 5000 FROM letter) ORDER BY a.at", channel, since).ExecuteReader();
            while (r.Read()) found.Add(r.GetInt64(0));
            return found;
        }
    }

    public void Disable(string channel, string why, long now)
    {
        Run("INSERT OR IGNORE INTO channel (id) VALUES ($1)", channel);
        Run("UPDATE channel SET disabled_at = $2, disabled_why = $3 WHERE id = $1", channel, now, why);
    }

    public void Enable(string channel) => Run("UPDATE channel SET disabled_at = NULL, disabled_why = NULL WHERE id = $1", channel);

    public bool HasSecrets => Number("SELECT 1 FROM secret LIMIT 1") is not null;

    public byte[]? Secret(string channel, string name)
    {
        lock (_gate) return Command("SELECT value FROM secret WHERE channel = $1 AND name = $2", channel, name).ExecuteScalar() as byte[];
    }

    public void KeepSecret(string channel, string name, byte[] value, long at) => Run("INSERT OR REPLACE INTO secret VALUES ($1, $2, $3, $4)", channel, name, value, at);

    private bool IsWaiting(string alert, Known known) =>
        Number("SELECT 1 FROM letter WHERE lane = $1 AND state = 'waiting'", Planner.LaneOf(alert, known.Channel, known.Contact)) is not null;

    private bool HeardNothing(string alert, Known known)
    {
        var lane = Planner.LaneOf(alert, known.Channel, known.Contact);
        return Number("SELECT 1 FROM letter WHERE lane = $1 AND (state IN ('sent', 'dead') OR (state = 'waiting' AND (held = 0 OR attempts > 0)))", lane) is null;
    }
}
