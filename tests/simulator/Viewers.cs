namespace OpsMonitor.Simulator;

/// <summary>
/// Wallboards: each has one slot in the server that newer pictures overwrite, and shows what it last read from it. A viewer whose server went
/// away comes back, and gets a whole picture first.
/// </summary>
public sealed class Viewers(World world, Faults faults, Server server, Planted planted)
{
    private sealed class Viewer
    {
        public Picture? Slot, Shown;
        public bool Connected, Reading;
        public long ConnectedAt;
        public readonly HashSet<string> Seen = new(StringComparer.Ordinal);
    }

    // What was due before the calm may be shown late; what falls due in it may not.
    private const long DisplayMs = 1_000;

    private readonly List<Viewer> _all = [];

    public void Open(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var viewer = new Viewer();
            _all.Add(viewer);
            world.After(world.Dice.Between(0, 5_000), () => Connect(viewer));
        }
        world.After(1_000, Beat);
    }

    public void ServerWent()
    {
        foreach (var viewer in _all) Leave(viewer);
    }

    public void Published(Picture picture)
    {
        foreach (var viewer in _all) if (viewer.Connected) Offer(viewer, picture);
    }

    /// <summary>When all is calm, every wall shows what the server knows.</summary>
    public void CheckEqual(Picture server)
    {
        foreach (var viewer in _all)
            world.Check(viewer.Shown is { } shown && shown.Epoch == server.Epoch && shown.Numbers.SequenceEqual(server.Numbers) && shown.Alarms.SetEquals(server.Alarms),
                "a board shows what the server knows when all is calm", () => $"shown: version {viewer.Shown?.Version} of epoch {viewer.Shown?.Epoch}, server: {server.Version} of {server.Epoch}");
    }

    private void Connect(Viewer viewer)
    {
        if (viewer.Connected) return;
        if (!server.Up) { world.After(world.Dice.Between(200, 3_000), () => Connect(viewer)); return; }
        (viewer.Connected, viewer.ConnectedAt) = (true, world.Now);
        world.Note("viewer connects");
        if (server.Published is { } now) Offer(viewer, now);
    }

    private void Leave(Viewer viewer)
    {
        if (!viewer.Connected) return;
        (viewer.Connected, viewer.Slot, viewer.Reading) = (false, null, false);
        world.After(world.Dice.Between(200, 3_000), () => Connect(viewer));
    }

    private void Offer(Viewer viewer, Picture picture)
    {
        if (viewer.Slot is not null)
        {
            world.Coverage.Add("slow viewer skips a frame");
            if (planted == Planted.OldFrameWins) return;
        }
        viewer.Slot = picture;
        if (viewer.Reading) return;
        viewer.Reading = true;
        var connection = viewer.ConnectedAt;
        world.After(world.Dice.Between(1, world.Calm ? 30 : faults.SlowViewerMs), () => { if (viewer.Connected && viewer.ConnectedAt == connection) Read(viewer); });
    }

    private void Read(Viewer viewer)
    {
        var picture = viewer.Slot!;
        (viewer.Slot, viewer.Reading) = (null, false);
        world.Check(viewer.Shown is not { } last || last.Epoch < picture.Epoch || last.Version <= picture.Version,
            "a board never goes back", () => $"from version {viewer.Shown!.Version} to {picture.Version}");
        world.Check(ReferenceEquals(picture, server.Published), "a slow board skips frames and stays right", () => $"shows version {picture.Version} of {server.Published?.Version}");
        viewer.Shown = picture;
        foreach (var alarm in picture.Alarms)
            if (viewer.Seen.Add(alarm)) server.Checks.Displayed(alarm, Math.Max(viewer.ConnectedAt + DisplayMs, 0));
        world.Note("shown", picture.Version, picture.Alarms.Count);
        if (!world.Calm && world.Dice.Chance(faults.ViewerGone)) Leave(viewer);
    }

    private void Beat()
    {
        foreach (var viewer in _all)
            world.Check(!world.Calm || !viewer.Connected || !server.UpFor(3_000) || viewer.Shown?.Epoch == server.Epoch || world.Now - viewer.ConnectedAt < 3_000 + faults.SlowViewerMs,
                "a board gets a whole picture when it connects", () => $"nothing of epoch {server.Epoch} for {world.Now - viewer.ConnectedAt} ms");
        world.After(1_000, Beat);
    }
}
