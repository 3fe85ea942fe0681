using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Grains.Turns;

/// <summary>What one connection offers at once and is answered as one. Hosts derive from it what they need to find the connection again.</summary>
public class Offer(IReadOnlyList<Event> events, EventHash[] hashes, long bytes)
{
    public IReadOnlyList<Event> Events => events;

    public EventHash[] Hashes => hashes;

    /// <summary>Of all events together, as sent.</summary>
    public long Bytes => bytes;
}

/// <summary>Everything that can happen to a <see cref="Writer"/>. Instants in Unix ms.</summary>
public abstract record WriterInput
{
    /// <summary>Due deadlines, then these offers (none for a tick). Not while a commit is under way.</summary>
    public sealed record Turn(long Now, IReadOnlyList<Offer> Offers) : WriterInput
    {
        /// <summary>See <see cref="TurnInput.Recalled"/>.</summary>
        public IReadOnlyList<Recalled> Recalled { get; init; } = [];
    }

    /// <summary>A turn that takes a saved policy or calendar. Refused where its number is not the next one: somebody else saved first.</summary>
    public sealed record Change(long Now, PolicyChange Saved) : WriterInput;

    /// <summary>What was asked to be committed is durable.</summary>
    public sealed record CommitOk : WriterInput;

    /// <summary>It is not, or nobody knows.</summary>
    public sealed record CommitFailed(string Why) : WriterInput;

    /// <summary>A channel has sent these rows of the outbox.</summary>
    public sealed record SendOk(IEnumerable<long> Ids, long At) : WriterInput;

    /// <summary>A channel could not send this one, and will try again from an instant on.</summary>
    public sealed record SendFailed(long Id, long NextAttemptAt) : WriterInput;

    /// <summary>The wait that <see cref="WriterEffect.ArmReports"/> asked for is over; a turn should follow.</summary>
    public sealed record ReportsWaited : WriterInput;

    /// <summary>Recovery begins with the newest good snapshot, if there is one ...</summary>
    /// <param name="AsJudged">see <see cref="Shard.Resume"/></param>
    public sealed record Resume(ShardImage Image, PolicySet? Policies = null, bool AsJudged = true) : WriterInput;

    /// <summary>... goes on with each frame after it ...</summary>
    public sealed record Replay(long Now, IReadOnlyList<Event> Events, PolicyChange? Saved = null) : WriterInput
    {
        /// <summary>Of frames before this one.</summary>
        public IReadOnlyList<Recalled> Recalled { get; init; } = [];
    }

    /// <summary>... and ends at an instant: everything overdue is raised at once, with its true time.</summary>
    public sealed record Recovered(long Now) : WriterInput;

    /// <summary>The image asked to be kept has been kept, or could not be.</summary>
    public sealed record SnapshotDone : WriterInput;

    /// <summary>A clean stop: no turn follows. Asked again until nothing comes of it.</summary>
    public sealed record Stop : WriterInput;
}

/// <summary>What a <see cref="Writer"/> wants done, in this order.</summary>
public abstract record WriterEffect
{
    /// <summary>Frame, rows to tell and reports in one commit. Answer with <see cref="WriterInput.CommitOk"/> or <see cref="WriterInput.CommitFailed"/> before anything else but reports.</summary>
    public sealed record Commit(long Now, IReadOnlyList<Event> Events, IReadOnlyList<OutboxRow> Rows, IReadOnlyList<OutboxReport> Reports, PolicyEdit? Edit = null) : WriterEffect;

    /// <summary>The saving is durable and judged by from now on; or it was refused, and nothing of it was kept.</summary>
    public sealed record Changed(PolicyEdit Edit, bool Kept) : WriterEffect;

    /// <summary>A commit of reports alone; answered likewise.</summary>
    public sealed record Mark(IReadOnlyList<OutboxReport> Reports) : WriterEffect;

    /// <summary>Every accepted event of the offer is durable.</summary>
    public sealed record Ack(Offer Offer, IReadOnlyList<Verdict> Verdicts) : WriterEffect;

    /// <summary>Nothing of the offer was taken, or nobody knows: sending it again is safe.</summary>
    public sealed record Refuse(Offer Offer) : WriterEffect;

    /// <summary>The state changed and may be shown; these alerts changed with it.</summary>
    public sealed record Push(IReadOnlyList<Alert> Alerts) : WriterEffect;

    /// <summary>The next turn is due at this instant, if no offer comes before; <see cref="long.MaxValue"/> for never.</summary>
    public sealed record Arm(long WakeAt) : WriterEffect;

    /// <summary>Say <see cref="WriterInput.ReportsWaited"/> in so many ms.</summary>
    public sealed record ArmReports(long WaitMs) : WriterEffect;

    /// <summary>Nothing more can be made durable. The state is fresh: recover it from what is.</summary>
    public sealed record FailStop(string Why) : WriterEffect;

    /// <summary>Keep this image of all frames committed so far. Not the writer's work: answer with <see cref="WriterInput.SnapshotDone"/> some time later.</summary>
    public sealed record Snapshot(ShardImage Image) : WriterEffect;
}
