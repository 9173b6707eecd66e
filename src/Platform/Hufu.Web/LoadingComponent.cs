using Microsoft.AspNetCore.Components;

namespace Hufu.Web;

/// <summary>
/// A component that reads before it draws. The framework draws a component as soon as its reading has to wait, half empty, and lets components
/// side by side read at the same time. On the embedded database nothing ever waits, so that neither would show there; on a server both do.
/// Here nothing is drawn before everything is read, and the components of one request, which share its database context, read one after the other.
/// </summary>
public abstract class LoadingComponent : ComponentBase
{
    private bool loaded;

    [Inject] private LoadingTurn Turn { get; set; } = null!;

    /// <inheritdoc />
    public override async Task SetParametersAsync(ParameterView parameters)
    {
        parameters.SetParameterProperties(this);
        if (!loaded)
        {
            await Turn.Taken.WaitAsync();
            try
            {
                await LoadAsync();
                loaded = true;
            }
            finally
            {
                Turn.Taken.Release();
            }
        }

        await base.SetParametersAsync(ParameterView.Empty);
    }

    /// <summary>Reads what the component shows. The parameters are set; it is called once.</summary>
    protected abstract Task LoadAsync();
}

/// <summary>Whose turn it is to read, in one request.</summary>
public sealed class LoadingTurn : IDisposable
{
    internal SemaphoreSlim Taken { get; } = new(1, 1);

    /// <inheritdoc />
    public void Dispose() => Taken.Dispose();
}
