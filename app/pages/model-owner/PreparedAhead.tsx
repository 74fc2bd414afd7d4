import { Card } from '../../components/Card';
import { KeptPasses } from '../../components/KeptPasses';
import { useStock } from '../../stores/stock';

/** What the data owner has had prepared ahead lies on this side's disk. */
export function PreparedAhead() {
  const { kept, making } = useStock();
  return (
    <Card title="Prepared ahead">
      <p className="small">
        The data owner’s page can have passes prepared ahead. What the dealer and that page send for them is kept by
        this browser, on this disk, until a run uses it, once. It says nothing of your model; but whoever reads it there
        together with what the data owner received could compute the model’s weights.
      </p>
      {!kept && !making && <p className="small muted">Nothing is prepared now.</p>}
      <KeptPasses />
    </Card>
  );
}
