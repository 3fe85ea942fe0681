using OpsMonitor.Grains.Events;

namespace OpsMonitor.Simulator;

// First-contact resolution by comparing each contact with each other one; agents; and people who take alerts.
public sealed partial class Oracle
{
    private const long RetryMs = 300_000, SilenceOfNoQueueMs = 14_400_000;

    private sealed record Call(Subject Who, string Customer, long From, long To, bool Over, bool Answered, bool GivenUp, string? Queue, string? Department);

    private void FirstContacts()
    {
        var calls = set.All.Where(s => s.Key.Kind == SubjectKind.Contact).Select(s => CallOf(s.Key, s.Value)).OfType<Call>().ToList();
        foreach (var call in calls.Where(c => c.Answered))
        {
            bool Before(Call other) => other.Customer == call.Customer && (other.From, other.Who).CompareTo((call.From, call.Who)) < 0;
            bool After(Call other) => other.Customer == call.Customer && (other.From, other.Who).CompareTo((call.From, call.Who)) > 0;
            // One given up shortly before is the same attempt to get through.
            if (calls.Exists(o => Before(o) && o.To > call.From - scene.FcrWindowMs && !(o.GivenUp && o.To >= call.From - RetryMs))) continue;
            var repeated = calls.Exists(o => After(o) && o.From < call.To + scene.FcrWindowMs);
            var mature = call.Over && call.To + scene.FcrWindowMs <= now;
            _answer.Count("fcr eligible", call.Department, call.Queue);
            if (!repeated) _answer.Count("fcr kept", call.Department, call.Queue);
            _answer.Count(mature ? "fcr mature" : "fcr open", call.Department, call.Queue);
            if (mature && !repeated) _answer.Count("fcr mature kept", call.Department, call.Queue);
        }
    }

    private Call? CallOf(Subject who, List<Event> events)
    {
        if (events.Find(e => e.Data is ContactInitiated)?.Data is not ContactInitiated { CustomerRef: { } customer }) return null;
        var (queued, answered) = (events.Find(e => e.Data is ContactQueued), events.Find(e => e.Data is ContactAnswered));
        var (abandoned, ended) = (events.Find(e => e.Data is ContactAbandoned), events.Find(e => e.Data is ContactDisconnected));
        var over = ended?.At ?? abandoned?.At;
        var lost = over is null && now >= LastAt(events) + (queued is null ? SilenceOfNoQueueMs : House.MaxSilenceMs);
        var givenUp = answered is null && (abandoned is not null || (ended is not null && queued is not null));
        return new(who, customer, events[0].At, over ?? LastAt(events), lost || over is not null, answered is not null, givenUp,
            (answered?.Data as ContactAnswered)?.QueueId, queued?.DepartmentId);
    }

    private static long LastAt(List<Event> events) => events[^1].At;

    private void Agent(List<Event> events)
    {
        var last = events.FindLast(e => e.Data is AgentStateChanged && e.At <= now); // what is told ahead holds from then on
        if (last is not null) _answer.Count("agents " + ((AgentStateChanged)last.Data!).State.ToString().ToLowerInvariant(), last.DepartmentId);
    }

    /// <summary>
    /// Who has an alert, until when, and whom the ladder has told: from lists of the times in which somebody had it, and of those in which nobody had.
    /// </summary>
    /// <param name="ladder">who is told after so many ms in which nobody had it</param>
    /// <param name="since">of the alert as it stands; earlier deeds were about an earlier raise</param>
    public static (string Words, bool Expired) Care(string alert, IReadOnlyList<(string To, long AfterMs)> ladder, long since, IEnumerable<Event> deeds, long now)
    {
        List<(long From, long To, string By, string What)> held = [];
        foreach (var e in deeds)
        {
            if (e.Data is not AlertDeed deed || deed.Alert != alert || e.At < since || e.At > now) continue;
            var holder = held.Count > 0 && held[^1].To > e.At ? held[^1].By : null;
            var until = deed switch { AlertAcknowledged { Until: { } t } => Ms(t), AlertShelved s => Ms(s.Until), AlertReleased => e.At, _ => e.At + 1_800_000 };
            if (deed is not AlertReleased && ((holder is not null && holder != deed.By) || until <= e.At)) continue; // somebody else has it, or it is over before it begins
            if (holder is not null) held[^1] = held[^1] with { To = e.At };
            if (deed is not AlertReleased) held.Add((e.At, until, deed.By, deed is AlertShelved ? "shelved" : "acknowledged"));
        }
        held.RemoveAll(h => h.From == h.To);
        var taken = new List<string>();
        foreach (var (to, after) in ladder)
        {
            var (at, left) = (since, after);
            foreach (var h in held) // goes through the free times, until so much of them is used up
            {
                if (at + left < h.From) break;
                (at, left) = (h.To, left - Math.Max(0, h.From - at));
            }
            if (at + left <= now) taken.Add($"{to} {at + left}");
        }
        var has = held.Count > 0 && held[^1].To > now ? $"{held[^1].What} by {held[^1].By} until {held[^1].To}" : "open";
        return ($"{has}; told {string.Join(", ", taken)}", held.Exists(h => h.To <= now));
    }
}
