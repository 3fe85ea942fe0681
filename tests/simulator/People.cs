using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Simulator;

/// <summary>Who takes alerts, puts them aside and lets them go; and who saves policies and calendars. They look, do something, and look again where nobody answered.</summary>
public sealed class People(World world, House house, Server server, Senders senders)
{
    private const long PatienceMs = 4_000;

    private readonly List<string> _answered = [];
    private long _until;
    private int _deeds, _nonce;

    /// <param name="until">true time after which nobody does anything new</param>
    public void Begin(long until)
    {
        _until = until;
        if (house.Scene.Deeds) world.After(world.Dice.Between(1_000, 20_000), Look);
        for (var n = house.Scene.Edits; n > 0; n--) world.At(world.Dice.Between(world.Start + 20_000, until), Decide);
    }

    /// <summary>What was answered as saved is in force, once each; and nothing is that nobody saved.</summary>
    public void Check(IReadOnlyList<PolicyEdit> edits, IReadOnlyList<PolicyEdit> journal)
    {
        foreach (var text in _answered)
            world.Check(edits.Count(e => e.Text == text) == 1, "a saving that was answered is in force, once", () => $"'{text}' among {edits.Count}");
        world.Check(edits.SequenceEqual(journal), "savings in force are those in the journal", () => $"{edits.Count} and {journal.Count}");
        world.Check(edits.Select(e => e.Number).SequenceEqual(Enumerable.Range(1, edits.Count)), "savings are numbered without a gap", () => "they are not");
        world.Check(edits.Count == _nonce, "every saving is in force in the end", () => $"{edits.Count} of {_nonce}");
    }

    private void Look()
    {
        if (world.Now > _until) return;
        world.After(world.Dice.Between(2_000, 40_000), Look);
        if (server.Published is not { Alarms.Count: > 0 } || server.Committing) return;
        var standing = server.Writer.Shard.Alerts.All.Where(a => a.State == AlertState.Raised && a.Due.Level == AlertLevel.Red).ToList();
        if (standing.Count == 0) return;
        var alert = standing[world.Dice.Below(standing.Count)];
        var (type, until) = world.Dice.Below(6) switch
        {
            0 => ("alert.released", (long?)null),
            1 => ("alert.shelved", server.Clock + world.Dice.Between(2_000, 120_000)),
            2 => ("alert.acknowledged", null),
            _ => ("alert.acknowledged", server.Clock + world.Dice.Between(2_000, 120_000)),
        };
        var named = until is { } at ? $",\"until\":\"{Offered.Iso(at)}\"" : "";
        var why = type == "alert.shelved" ? ",\"reason\":\"later\"" : "";
        senders.Offer(Offered.Read(
            "/desk", $"deed-{++_deeds}", type, $"{alert.Due.Subject}", server.Clock, $$"""{"alert":"{{alert.Key.Id}}","by":"{{world.Dice.Of("anna", "bert")}}"{{named}}{{why}}}""", null));
        world.Coverage.Add(type);
    }

    private void Decide()
    {
        var calendar = house.Scene.Hours != Hours.Always && world.Dice.Chance(500);
        var number = calendar ? world.Dice.Of(0, 1, 2) : world.Dice.Of(50, 75, 150, 300);
        Save(calendar ? EditKind.Calendar : EditKind.Policy, House.Text(world.Dice.Chance(500), number, ++_nonce));
    }

    private void Save(EditKind kind, string text)
    {
        var again = true;
        // Saved, and nobody heard of it: whoever looks finds it there.
        if (!server.Up || server.Committing) { world.After(50, () => Save(kind, text)); return; }
        if (server.Writer.Shard.Edits.Any(e => e.Text == text)) { world.Coverage.Add("a saving is found that nobody answered"); return; }
        server.Save(kind, text, kept =>
        {
            world.Note("saving answered", kept ? 1 : 0);
            again = !kept;
            if (!kept || _answered.Contains(text)) return;
            _answered.Add(text);
            server.Checks.Saved(text);
            world.Coverage.Add(kind == EditKind.Policy ? "policy saved" : "calendar saved");
        });
        world.After(world.Calm ? PatienceMs : world.Dice.Between(PatienceMs, 3 * PatienceMs), () => { if (again) Save(kind, text); });
    }
}
